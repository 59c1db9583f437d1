using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KeyService.Server.Grpc;

/// <summary>
/// Checks JSON against a message of the contract, field by field, and names each that is wrong by its path. The library's parser stops at the first fault,
/// and says what it is and not where.
/// </summary>
internal sealed class JsonBody(Violations violations)
{
    /// <summary>More than an error has room for; each costs an exception.</summary>
    private const int MostFaults = 100;

    private int _faults;

    /// <summary>Whether a JSON value is a request of this type.</summary>
    public bool Accepts(JsonElement request, MessageDescriptor type)
    {
        Check(request, type, "");
        return _faults == 0;
    }

    /// <param name="message">A JSON value where the message belongs.</param>
    /// <param name="type">The type of the message.</param>
    /// <param name="path">The field that it is the value of; empty for the request itself.</param>
    private void Check(JsonElement message, MessageDescriptor type, string path)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            Add(path.Length > 0 ? path : "body", "must be a JSON object");
            return;
        }

        var prefix = path.Length > 0 ? path + "." : "";
        var given = new HashSet<FieldDescriptor>();
        foreach (var property in message.EnumerateObject())
        {
            if (_faults >= MostFaults) return;
            var name = JsonFieldNames.TextOf(property);
            if (name is null || JsonFieldNames.FieldOf(type, name) is not { } field) Add(prefix + JsonFieldNames.Shown(name), "is not a field of this request");
            // A field has two names in JSON: given under both, the later would win without a word.
            else if (!given.Add(field)) Add(prefix + field.Name, "must be given once");
            else if (property.Value.ValueKind != JsonValueKind.Null) CheckField(property.Value, field, prefix + field.Name);
        }
    }

    private void CheckField(JsonElement value, FieldDescriptor field, string path)
    {
        if (field.IsMap)
        {
            CheckMap(value, field, path);
        }
        else if (!field.IsRepeated)
        {
            CheckSingle(value, field, path);
        }
        else if (value.ValueKind != JsonValueKind.Array)
        {
            Add(path, "must be a JSON array");
        }
        else if (RequestRules.MaxCountOf(field) is { } max && !violations.Count(path, value.GetArrayLength(), max))
        {
            _faults++;
        }
        else
        {
            foreach (var (i, element) in value.EnumerateArray().Index())
            {
                if (_faults >= MostFaults) return;
                CheckSingle(element, field, $"{path}[{i}]");
            }
        }
    }

    private void CheckMap(JsonElement map, FieldDescriptor field, string path)
    {
        if (map.ValueKind != JsonValueKind.Object)
        {
            Add(path, "must be a JSON object");
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            if (_faults >= MostFaults) return;
            var name = JsonFieldNames.TextOf(entry);
            if (name is null) Add(path, "must have names of well-formed Unicode");
            else if (!names.Add(name)) Add(path, $"must have each name once ({JsonFieldNames.Shown(name)})");
            else if (JsonValues.ProblemOf(entry.Value, field.MessageType.FindFieldByNumber(2)) is { } problem) Add(path, $"{problem} (value of {JsonFieldNames.Shown(name)})");
        }
    }

    private void CheckSingle(JsonElement value, FieldDescriptor field, string path)
    {
        if (field.FieldType == FieldType.Message && !JsonValues.IsWellKnown(field.MessageType)) Check(value, field.MessageType, path);
        else if (JsonValues.ProblemOf(value, field) is { } problem) Add(path, problem);
    }

    private void Add(string path, string problem)
    {
        _faults++;
        violations.Add(path, problem);
    }
}
