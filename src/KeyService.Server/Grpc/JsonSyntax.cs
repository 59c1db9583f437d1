using System.Globalization;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace KeyService.Server.Grpc;

/// <summary>Where a body stops to be JSON: the field, and the place in the text.</summary>
internal static class JsonSyntax
{
    public static void Explain(ReadOnlySpan<byte> body, MessageDescriptor type, Violations violations)
    {
        var reader = new Utf8JsonReader(body);
        FieldDescriptor? within = null;
        try
        {
            while (reader.Read())
            {
                if (reader is { CurrentDepth: > 1 } or { TokenType: JsonTokenType.StartObject or JsonTokenType.StartArray }) continue;
                within = reader is { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName } ? JsonFieldNames.FieldOf(type, reader.GetString() ?? "") : null;
            }
        }
        catch (JsonException e)
        {
            violations.Add(within?.Name ?? "body", reader.CurrentDepth >= MaxDepth - 1 ? "is nested too deeply" : string.Create(
                CultureInfo.InvariantCulture, $"is not JSON (row {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})"));
            return;
        }
        catch (InvalidOperationException)
        {
            // A name that is no Unicode.
        }

        violations.Add("body", $"is not the JSON of a {type.Name}");
    }

    /// <summary>The library's default.</summary>
    private const int MaxDepth = 64;
}
