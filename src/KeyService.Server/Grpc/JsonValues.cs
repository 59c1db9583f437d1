using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace KeyService.Server.Grpc;

/// <summary>
/// Single values of fields in JSON, by the rules of proto3 (ProtoJSON). A query parameter is mapped as the JSON value of the same text: one rule for both.
/// </summary>
internal static partial class JsonValues
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

    /// <summary>What JSON writes as one value: times, durations and the like.</summary>
    public static bool IsWellKnown(MessageDescriptor type) => type.File.Package == "google.protobuf";

    /// <summary>What is wrong with a value of a field, or of an element of a list; null when nothing is.</summary>
    public static string? ProblemOf(JsonElement value, FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.String:
                return value.ValueKind != JsonValueKind.String ? "must be a JSON string" : IsText(value) ? null : "must be well-formed Unicode";
            case FieldType.Bool:
                return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "must be true or false";
            default:
                return IsValue(value, field) ? null : Expected(field);
        }
    }

    /// <summary>The JSON value that a query parameter's text stands for.</summary>
    public static JsonElement Of(string text, FieldDescriptor field)
    {
        var isBare = field.FieldType switch
        {
            FieldType.Enum => Number().IsMatch(text),
            FieldType.Bool => text is "true" or "false",
            _ => false,
        };
        return isBare ? JsonElement.Parse(text) : JsonSerializer.SerializeToElement(text);
    }

    /// <summary>As the transcoder reads it from a query: of the value, not of the text.</summary>
    public static string Canonical(JsonElement value, FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Enum => field.EnumType.FindValueByNumber((int)Parse(value, field)).Name,
        FieldType.Bool => value.GetRawText(),
        FieldType.String => value.GetString()!,
        _ => Convert.ToString(Parse(value, field), CultureInfo.InvariantCulture)!,
    };

    private static bool IsText(JsonElement value)
    {
        try
        {
            return value.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsValue(JsonElement value, FieldDescriptor field)
    {
        if (value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && !IsText(value))) return false;
        try
        {
            return field.IsRepeated || Parse(value, field) switch
            {
                Duration duration => IsCarried(duration),
                var number when field.FieldType == FieldType.Enum => field.EnumType.FindValueByNumber((int)number) is not null,
                _ => true,
            };
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>By the library: alone in a message of its own, so that what it throws is about this value.</summary>
    private static object Parse(JsonElement value, FieldDescriptor field)
    {
        var text = value.GetRawText();
        var message = Parser.Parse($"{{\"{field.JsonName}\":{(field.IsRepeated ? $"[{text}]" : text)}}}", field.ContainingType);
        return field.Accessor.GetValue(message);
    }

    /// <summary>The transcoder takes a duration for a time: a fraction must not be negative, and the seconds must be within the years 1 to 9999.</summary>
    private static bool IsCarried(Duration duration) => duration.Nanos >= 0 && duration.Seconds is >= -62_135_596_800 and <= 253_402_300_799;

    private static string Expected(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Enum => $"must be {string.Join(", ", field.EnumType.Values.Where(value => value.Number != 0).Select(value => value.Name))}, or its number",
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => "must be a whole number of 32 bits",
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => "must be a whole number of 64 bits",
        FieldType.UInt32 or FieldType.Fixed32 or FieldType.UInt64 or FieldType.Fixed64 => "must be a whole number, not negative",
        FieldType.Float or FieldType.Double => "must be a number",
        FieldType.Bytes => "must be base64",
        FieldType.Message when field.MessageType.FullName == Timestamp.Descriptor.FullName => "must be a time of the years 1 to 9999 such as 2030-01-31T12:00:00Z",
        FieldType.Message when field.MessageType.FullName == Duration.Descriptor.FullName => "must be a duration in seconds such as 1.5s, in range and not negative",
        FieldType.Message when field.MessageType.FullName == FieldMask.Descriptor.FullName => "must be names of fields with commas between them",
        _ => "is not a value of this field",
    };

    [GeneratedRegex("^-?(0|[1-9][0-9]{0,9})$", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
