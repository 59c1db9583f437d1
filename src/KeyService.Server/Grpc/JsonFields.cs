using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;

namespace KeyService.Server.Grpc;

/// <summary>Which fields of an RPC's request come from the path, the query and the body, by its HTTP rule.</summary>
internal sealed partial class JsonFields
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

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

    /// <summary>
    /// Checks the parameters and leaves each in canonical form. A parameter without a value is unset, as <c>null</c> is in a body, whatever the field.
    /// </summary>
    public void TakeQuery(HttpRequest request, Violations violations)
    {
        if (!request.QueryString.HasValue) return;
        var canonical = new QueryBuilder();
        var given = new HashSet<FieldDescriptor>();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            var name = IsText(pair.EncodedName.Span) ? pair.DecodeName().ToString() : null;
            if (name is null || HasBody || JsonFieldNames.FieldOf(_type, name) is not { } field || _pathFields.Contains(field.Name))
                violations.Add(JsonFieldNames.Shown(name), "is not a query parameter of this call");
            else if (!given.Add(field)) violations.Add(field.Name, "must be given once");
            else if (!IsText(pair.EncodedValue.Span)) violations.Add(field.Name, "must be percent-encoded UTF-8");
            else if (pair.DecodeValue().ToString() is { Length: > 0 } text && JsonValues.Of(text, field) is var value)
            {
                if (JsonValues.ProblemOf(value, field) is { } problem) violations.Add(field.Name, problem);
                else canonical.Add(field.Name, JsonValues.Canonical(value, field));
            }
        }

        request.QueryString = canonical.ToQueryString();
    }

    /// <summary>The request as the body says it, an empty body being an empty request; null when it is none.</summary>
    public IMessage? Parse(ReadOnlyMemory<byte> body, PathString path, Violations violations)
    {
        try
        {
            // A byte order mark may be ignored (RFC 8259, 8.1), and some platforms write one.
            if (body.Span.StartsWith(Encoding.UTF8.Preamble)) body = body[Encoding.UTF8.Preamble.Length..];
            if (body.Length == 0) return _type.Parser.ParseFrom([]);
            using var document = JsonDocument.Parse(body);
            if (!new JsonBody(violations).Accepts(document.RootElement, _type)) return null;
            var message = Parser.Parse(document.RootElement.GetRawText(), _type);
            foreach (var field in _type.Fields.InDeclarationOrder())
            {
                if (_pathFields.Contains(field.Name) && field.Accessor.GetValue(message) is string { Length: > 0 } said && !IsIn(path, field, said))
                    violations.Add(field.Name, "contradicts the path");
            }

            return message;
        }
        catch (JsonException)
        {
            JsonSyntax.Explain(body.Span, _type, violations);
            return null;
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            violations.Add("body", $"is not the JSON of a {_type.Name}");
            return null;
        }
    }

    /// <summary>Whether the path has this value where the rule's pattern has the field.</summary>
    private bool IsIn(PathString path, FieldDescriptor field, string value)
    {
        var place = Array.FindIndex(_pattern, segment => segment.StartsWith($"{{{field.Name}}}", StringComparison.Ordinal));
        var segment = path.Value!.Split('/').ElementAtOrDefault(place) ?? "";
        var verb = _pattern[place].IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? _pattern[place][colon..] : "";
        return segment == value + verb;
    }

    /// <summary>Whether percent-encoded text is well-formed UTF-8: the framework leaves what is not as it stands.</summary>
    private static bool IsText(ReadOnlySpan<char> encoded)
    {
        for (var i = encoded.IndexOf('%'); i >= 0 && i < encoded.Length; i++)
        {
            if (encoded[i] == '%' && (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))) return false;
        }

        var bytes = Encoding.UTF8.GetBytes(encoded.ToString());
        return Utf8.IsValid(WebUtility.UrlDecodeToBytes(bytes, 0, bytes.Length));
    }

    [GeneratedRegex(@"\{(?<name>[a-z_]+)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex PathField();
}
