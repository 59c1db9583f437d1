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

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._:-");
    private static readonly SearchValues<byte> AllowedBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._:-"u8);

    private static ReadOnlySpan<byte> Wildcard => ".*"u8;

    public static bool IsValid(string scope)
    {
        if (scope.Length is 0 or > MaxLength)
            return false;
        var stem = scope.EndsWith(".*", StringComparison.Ordinal) ? scope.AsSpan(0, scope.Length - Wildcard.Length) : scope;
        return stem.Length > 0 && !stem.ContainsAnyExcept(Allowed);
    }

    /// <inheritdoc cref="IsValid(string)"/>
    public static bool IsValid(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MaxLength)
            return false;
        var stem = utf8.EndsWith(Wildcard) ? utf8[..^Wildcard.Length] : utf8;
        return stem.Length > 0 && !stem.ContainsAnyExcept(AllowedBytes);
    }

    /// <summary>Whether who holds the one may do the other. Both are valid scopes.</summary>
    public static bool Covers(ReadOnlySpan<byte> held, ReadOnlySpan<byte> required)
    {
        if (held.SequenceEqual(required))
            return true;
        if (!held.EndsWith(Wildcard))
            return false;
        // The stem keeps its dot: "a.*" is not about "ab". A required wildcard needs no case of its own: when "a.b.*" starts with "a.",
        // so does all that it covers; when it does not, as "a.*" under "a.b.*", something that it covers is not covered.
        var stem = held[..^1];
        return required.Length > stem.Length && required.StartsWith(stem);
    }

    /// <summary>Whether each required scope is covered by a held one.</summary>
    public static bool CoverAll(ScopeList held, ScopeList required)
    {
        foreach (var scope in required)
        {
            if (!AnyCovers(held, scope))
                return false;
        }

        return true;
    }

    private static bool AnyCovers(ScopeList held, ReadOnlySpan<byte> required)
    {
        foreach (var scope in held)
        {
            if (Covers(scope, required))
                return true;
        }

        return false;
    }
}
