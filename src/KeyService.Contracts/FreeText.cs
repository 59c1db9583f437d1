using System.Globalization;
using System.Text;

namespace KeyService.Contracts;

/// <summary>
/// What the contract's free text (names, descriptions, reasons, labels, actors) may contain: people must see it, and read what is there. Decided by Unicode's
/// general categories, so that text of every script passes. The service enforces it, and the console checks it while a person types.
/// </summary>
public static class FreeText
{
    /// <summary>
    /// Whether there is anything to see. Blanks, format characters, marks without a letter below them, variation selectors, and code points that are
    /// unassigned or of private use show nothing, or nothing that is known.
    /// </summary>
    public static bool HasVisible(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsVisible(rune)) return true;
        }

        return false;
    }

    /// <summary>
    /// What must not be in the text, as the rest of a sentence that begins with the field's name; null: nothing. Joiners and other format characters are left
    /// alone: scripts and emoji are written with them.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="multiline">Whether line feeds, carriage returns and tabs are text.</param>
    public static string? Problem(string text, bool multiline)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control when !multiline || rune.Value is not ('\n' or '\r' or '\t'):
                    return "must not contain control characters";
                case UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    return $"must not contain line or paragraph separators, such as {Name(rune)}";
                case UnicodeCategory.Format when IsDirection(rune):
                    return $"must not contain characters that control the direction of text, such as {Name(rune)}";
            }
        }

        return null;
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => false,
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate => false,
        UnicodeCategory.Format => IsNumberSign(rune),
        UnicodeCategory.OtherLetter or UnicodeCategory.OtherSymbol => !IsBlank(rune),
        _ => true,
    };

    /// <summary>Marks, embeddings, overrides and isolates. Text that runs from right to left needs none of them: its letters say so.</summary>
    private static bool IsDirection(Rune rune) => rune.Value is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    /// <summary>The format characters that are seen: signs that span a number.</summary>
    private static bool IsNumberSign(Rune rune) => rune.Value is (>= 0x0600 and <= 0x0605) or 0x06DD or 0x070F or 0x0890 or 0x0891 or 0x08E2 or 0x110BD or 0x110CD;

    /// <summary>Letters and symbols that have no ink: fillers of Hangul, the empty pattern of Braille, an object's place, music's null note.</summary>
    private static bool IsBlank(Rune rune) => rune.Value is 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800 or 0xFFFC or 0x1D159;

    private static string Name(Rune rune) => $"U+{rune.Value.ToString("X4", CultureInfo.InvariantCulture)}";
}
