using System.Buffers;

namespace KeyService.Server.Keys;

/// <summary>
/// What a key may do, as its owner names it: 1 to 64 of <c>[a-z0-9._:-]</c>; the last two may be <c>.*</c>, which stands for everything below.
/// </summary>
/// <remarks>
/// <code>
/// held     covers                          does not cover
/// a.b      a.b                             a, a.b.c, a.*
/// a.*      a.b, a.b.c, a.*, a.b.*          a, ab, a.
/// </code>
/// </remarks>
internal static class Scopes
{
    public const int MaxCount = 64;
    public const int MaxLength = 64;

    private const string Wildcard = ".*";

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._:-");

    public static bool IsValid(string scope)
    {
        if (scope.Length is 0 or > MaxLength)
            return false;
        var stem = IsWildcard(scope) ? scope.AsSpan(0, scope.Length - Wildcard.Length) : scope;
        return stem.Length > 0 && !stem.ContainsAnyExcept(Allowed);
    }

    /// <summary>Whether who holds the one may do the other. Both are valid scopes.</summary>
    public static bool Covers(string held, string required)
    {
        if (string.Equals(held, required, StringComparison.Ordinal))
            return true;
        if (!IsWildcard(held))
            return false;
        // The stem keeps its dot: "a.*" is not about "ab". A required wildcard needs no case of its own: when "a.b.*" starts with "a.",
        // so does all that it covers; when it does not, as "a.*" under "a.b.*", something that it covers is not covered.
        var stem = held.AsSpan(0, held.Length - 1);
        return required.Length > stem.Length && required.AsSpan().StartsWith(stem, StringComparison.Ordinal);
    }

    /// <summary>Whether each required scope is covered by a held one. Walks by index: part of every validation, so nothing is allocated.</summary>
    public static bool CoverAll(IReadOnlyList<string> held, IReadOnlyList<string> required)
    {
        for (var i = 0; i < required.Count; i++)
        {
            if (!AnyCovers(held, required[i]))
                return false;
        }

        return true;
    }

    private static bool AnyCovers(IReadOnlyList<string> held, string required)
    {
        for (var i = 0; i < held.Count; i++)
        {
            if (Covers(held[i], required))
                return true;
        }

        return false;
    }

    private static bool IsWildcard(string scope) => scope.EndsWith(Wildcard, StringComparison.Ordinal);
}
