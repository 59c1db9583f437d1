using System.Text.RegularExpressions;

namespace KeyService.AdminConsole.OpenApi;

/// <summary>What a person searches for. Whoever has an API key and looks for its record pastes it: an address must not have it, so its hint is searched for.</summary>
internal static partial class SearchQuery
{
    private const int HintLength = 4;

    /// <summary>The text, or what the hint has of the API key in it.</summary>
    public static string WithoutApiKey(string? text)
    {
        var query = text?.Trim() ?? "";
        return ApiKey().Match(query) is { Success: true } match ? $"...{match.Groups["secret"].Value[^HintLength..]}" : query;
    }

    /// <summary>A whole API key, or so much of one that it should be nowhere.</summary>
    [GeneratedRegex("[a-z]{2,8}_(live|test)_(?<secret>[0-9A-Za-z]{8,})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex ApiKey();
}
