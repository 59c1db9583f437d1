using System.Globalization;
using KeyService.Contracts;
using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>Collects what is wrong with a request, so that all of it is told at once.</summary>
internal sealed class Violations
{
    private readonly List<(string Field, string Problem)> _found = [];

    public bool Any => _found.Count > 0;

    public void Add(string field, string problem) => _found.Add((field, problem));

    /// <exception cref="global::Grpc.Core.RpcException">INVALID_ARGUMENT, when anything was found.</exception>
    public void ThrowIfAny()
    {
        if (Any) throw GrpcErrors.InvalidFields(_found);
    }

    /// <param name="id">The id.</param>
    /// <param name="prefix">Of the field's name, where the field is not the request's own.</param>
    public void Workspace(string id, string prefix = "")
    {
        if (id.Length == 0) Add(prefix + "workspace_id", "is required");
        else if (!Workspaces.IsValid(id)) Add(prefix + "workspace_id", "must be 1 to 64 of [A-Za-z0-9_-]");
    }

    /// <summary>Any short text may be asked for: one that is no id is not found.</summary>
    public void KeyId(string id, bool required = true)
    {
        if (id.Length == 0 && required) Add("key_id", "is required");
        else if (id.Length > 64 || !id.All(Workspaces.IsIdCharacter)) Add("key_id", "must be at most 64 of [A-Za-z0-9_-]");
        else NoApiKey("key_id", id);
    }

    public void PageSize(int size)
    {
        if (size < 0) Add("page_size", "must not be negative");
    }

    /// <summary>Free text: counted in code points, of characters that people can read, and without an API key, which would be a secret in the clear.</summary>
    public void Text(string field, string text, int maxLength, bool multiline)
    {
        if (FreeText.Problem(text, multiline) is { } problem) Add(field, problem);
        else if (!IsFitting(field, text, maxLength)) return;
        else if (!FreeText.HasVisible(text) && !string.IsNullOrWhiteSpace(text)) Add(field, "must contain something visible");
        else NoApiKey(field, text);
    }

    /// <summary>Text that is searched for and not kept: what was stored before a rule was made can be found.</summary>
    public void Query(string query, int maxLength)
    {
        if (query.Any(char.IsControl)) Add("query", "must not contain control characters");
        else if (IsFitting("query", query, maxLength)) NoApiKey("query", query);
    }

    /// <summary>Text that is kept, or stands in addresses and logs. The error never repeats it.</summary>
    public void NoApiKey(string field, string text)
    {
        if (ApiKeyScan.Finds(text)) Add(field, "must not contain an API key, or most of one: it would be a secret in the clear");
    }

    /// <returns>Whether there are so few that each is worth a look.</returns>
    public bool Count(string field, int count, int max)
    {
        if (count <= max) return true;
        Add(field, string.Create(CultureInfo.InvariantCulture, $"must have at most {max} entries; it has {count}"));
        return false;
    }

    private bool IsFitting(string field, string text, int maxLength)
    {
        var count = text.EnumerateRunes().Count();
        if (count > maxLength) Add(field, string.Create(CultureInfo.InvariantCulture, $"must be at most {maxLength} characters; it has {count}"));
        else if (!IsWellFormed(text)) Add(field, "must be well-formed Unicode");
        else return true;
        return false;
    }

    // JSON can spell half a surrogate pair.
    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }

        return true;
    }
}
