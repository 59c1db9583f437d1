using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;

namespace KeyService.Server.Grpc;

/// <summary>The names that fields have in JSON and in a query.</summary>
internal static partial class JsonFieldNames
{
    /// <summary>By its name in JSON or in the protos.</summary>
    public static FieldDescriptor? FieldOf(MessageDescriptor type, string name) =>
        type.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name);

    /// <summary>A field's name is short; anything else may be a value that lost its place, a secret even.</summary>
    public static string Shown(string? name) => name is not null && FieldName().IsMatch(name) ? name : "(unnamed)";

    /// <summary>Null when it is no Unicode.</summary>
    public static string? TextOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_.]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex FieldName();
}
