using System.Text.RegularExpressions;

namespace KeyService.AdminConsole.OpenApi;

/// <summary>What a person searches for. Whoever has an API key and looks for its record pastes it: an address must not have it, so its hint is searched for.</summary>
internal static partial class SearchQuery
{
    /// <summary>Of the contract.</summary>
    private const int MaxLength = 256;

    private const int HintLength = 4;

    /// <summary>The text, or what the hint has of the API key in it.</summary>
    public static string WithoutApiKey(string? text)
    {
        var query = text?.Trim() ?? "";
        return ApiKey().Match(query) is { Success: true } match ? $"...{match.Groups["secret"].Value[^HintLength..]}" : query;
    }

    /// <summary>Of an address, where anything may be: what can be searched for.</summary>
    public static string OfAddress(string? text)
    {
        var query = WithoutApiKey(string.Concat((text ?? "").Where(c => !char.IsControl(c))));
        return query.Length <= MaxLength ? query : query[..(char.IsHighSurrogate(query[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }

    /// <summary>Whether there is one in it.</summary>
    public static bool HasApiKey(string text) => ApiKey().IsMatch(text);

    /// <summary>A whole API key, or so much of one that it should be nowhere.</summary>
    [GeneratedRegex("[a-z]{2,8}_(live|test)_(?<secret>[0-9A-Za-z]{8,})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex ApiKey();
}
