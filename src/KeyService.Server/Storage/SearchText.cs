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

    private const char Separator = '\u001f';

    // U+FFFE is a code point like others, but the framework refuses to normalize it.
    public static string Fold(string text) =>
        text.Replace('\uFFFE', '\uFFFD').Normalize(NormalizationForm.FormKC).ToUpperInvariant();

    public static string Of(string name, string description, string hint) =>
        string.Join(Separator, Fold(name), Fold(description), Fold(hint));

    public static string NameOrder(string name)
    {
        var folded = Fold(name);
        if (folded.Length <= NameOrderLength) return folded;

        // Half a surrogate pair is no valid text to either engine.
        var length = char.IsHighSurrogate(folded[NameOrderLength - 1]) ? NameOrderLength - 1 : NameOrderLength;
        return folded[..length];
    }
}
