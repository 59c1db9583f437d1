using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KeyService.Server.Grpc;

/// <summary>Which fields of an RPC's request come from the path, the query and the body, by its HTTP rule.</summary>
internal sealed partial class JsonFields
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly MessageDescriptor _type;
    private readonly string[] _pattern;
    private readonly HashSet<string> _pathFields;

    public JsonFields(MethodDescriptor method)
    {
        var rule = method.GetOptions().GetExtension(AnnotationsExtensions.Http);
        var pattern = rule.Get.Length > 0 ? rule.Get : rule.Post;
        _pattern = pattern.Split('/');
        _type = method.InputType;
        _pathFields = PathField().Matches(pattern).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        HasBody = rule.Body == "*";
        Rpc = method.Name;
    }

    public string Rpc { get; }

    /// <summary>All fields but those of the path come in the body, none in the query.</summary>
    public bool HasBody { get; }

    public void CheckQuery(HttpRequest request, Violations violations)
    {
        foreach (var (name, values) in request.Query)
        {
            var field = HasBody ? null : FieldOf(name);
            if (field is null || _pathFields.Contains(field.Name)) violations.Add(Shown(name), "is not a query parameter of this call");
            else if (values.Count != 1) violations.Add(field.Name, "must be given once");
            else if (!IsValue(field, values[0] ?? "")) violations.Add(field.Name, "is not a value of this field");
        }
    }

    /// <summary>The request as the body says it, an empty body being an empty request; null when it is none.</summary>
    public IMessage? Parse(ReadOnlyMemory<byte> body, PathString path, Violations violations)
    {
        try
        {
            if (body.Length == 0) return _type.Parser.ParseFrom([]);
            using var document = JsonDocument.Parse(body, Strict);
            CheckNames(document.RootElement, _type, "", violations);
            var message = Parser.Parse(document.RootElement.GetRawText(), _type);
            foreach (var field in _type.Fields.InDeclarationOrder())
            {
                if (field.FieldType == FieldType.Enum && !field.IsRepeated && field.EnumType.FindValueByNumber((int)field.Accessor.GetValue(message)) is null)
                    violations.Add(field.Name, "is not a value of this field");
                if (_pathFields.Contains(field.Name) && field.Accessor.GetValue(message) is string { Length: > 0 } said && !IsIn(path, field, said))
                    violations.Add(field.Name, "contradicts the path");
            }

            return message;
        }
        catch (Exception e) when (e is JsonException or InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException
            or FormatException or OverflowException or ArgumentException)
        {
            if (UnknownField().Match(e.Message) is { Success: true } match) violations.Add(Shown(match.Groups["name"].Value), "is not a field of this request");
            else violations.Add("body", $"is not the JSON of a {_type.Name}");
            return null;
        }
    }

    /// <summary>A field has two names in JSON: given under both, the later would win without a word.</summary>
    private static void CheckNames(JsonElement message, MessageDescriptor type, string prefix, Violations violations)
    {
        if (message.ValueKind != JsonValueKind.Object) return;
        foreach (var given in message.EnumerateObject().GroupBy(property => FieldOf(type, property.Name)))
        {
            if (given.Key is not { } field) continue;
            if (given.Count() > 1) violations.Add(prefix + field.Name, "must be given once");
            if (!IsListOfMessages(field) || given.First().Value is not { ValueKind: JsonValueKind.Array } list) continue;
            foreach (var (i, element) in list.EnumerateArray().Index()) CheckNames(element, field.MessageType, $"{prefix}{field.Name}[{i}].", violations);
        }
    }

    /// <summary>Those of ValidateKeys. What else has fields within (times, labels) has names that are not ours, or the owner's own.</summary>
    private static bool IsListOfMessages(FieldDescriptor field) => field is { IsRepeated: true, IsMap: false, FieldType: FieldType.Message };

    /// <summary>Whether the path has this value where the rule's pattern has the field.</summary>
    private bool IsIn(PathString path, FieldDescriptor field, string value)
    {
        var place = Array.FindIndex(_pattern, segment => segment.StartsWith($"{{{field.Name}}}", StringComparison.Ordinal));
        var segment = path.Value!.Split('/').ElementAtOrDefault(place) ?? "";
        var verb = _pattern[place].IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? _pattern[place][colon..] : "";
        return segment == value + verb;
    }

    private static bool IsValue(FieldDescriptor field, string text) => field.FieldType switch
    {
        FieldType.String => true,
        FieldType.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        FieldType.Enum => field.EnumType.FindValueByName(text) is not null,
        _ => false,
    };

    private FieldDescriptor? FieldOf(string name) => FieldOf(_type, name);

    private static FieldDescriptor? FieldOf(MessageDescriptor type, string name) =>
        type.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name);

    /// <summary>A field's name is short; anything else may be a value that lost its place, a secret even.</summary>
    private static string Shown(string name) => FieldName().IsMatch(name) ? name : "(unnamed)";

    [GeneratedRegex(@"\{(?<name>[a-z_]+)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex PathField();

    [GeneratedRegex("^Unknown field: (?<name>.*)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex UnknownField();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_.]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex FieldName();
}
