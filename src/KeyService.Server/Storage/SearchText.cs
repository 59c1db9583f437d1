using System.Text;

namespace KeyService.Server.Storage;

/// <summary>
/// The stored search column: NFKC, invariant upper case, fields parted by U+001F. Folding in the service rather than by a
/// collation makes both engines find the same keys.
/// </summary>
internal static class SearchText
{
    /// <summary>Bounds the index key; names that share so long a beginning are ordered by key id.</summary>
    public const int NameOrderLength = 200;

    /// <summary>The end of a hint, which differs from key to key.</summary>
    public const int HintTailLength = 4;

    public const string PatternEscape = "\\";

    private const char Separator = '\u001f';

    // U+FFFE is a code point like others, but the framework refuses to normalize it.
    public static string Fold(string text) =>
        text.Replace('\uFFFE', '\uFFFD').Normalize(NormalizationForm.FormKC).ToUpperInvariant();

    public static string Of(string name, string description, string hint) =>
        string.Join(Separator, Fold(name), Fold(description), Fold(hint));

    /// <summary>Whether the hint of every key may contain the folded text, for letters, underscores and dots are what is the same in all: <c>KS_LIVE_...</c>.</summary>
    public static bool MayBeOfEveryHint(string folded)
    {
        foreach (var c in folded.AsSpan().TrimEnd('.'))
        {
            if (c is not ((>= 'A' and <= 'Z') or '_')) return false;
        }

        return true;
    }

    /// <summary>A pattern of LIKE for that text in name or description: the hint is the last field, so that a separator follows only those two.</summary>
    public static string PatternBeforeHint(string folded) => $"%{folded.Replace("_", PatternEscape + "_", StringComparison.Ordinal)}%{Separator}%";

    public static string NameOrder(string name)
    {
        var folded = Fold(name);
        if (folded.Length <= NameOrderLength) return folded;

        // Half a surrogate pair is no valid text to either engine.
        var length = char.IsHighSurrogate(folded[NameOrderLength - 1]) ? NameOrderLength - 1 : NameOrderLength;
        return folded[..length];
    }
}
