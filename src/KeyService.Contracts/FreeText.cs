using System.Globalization;
using System.Text;

namespace KeyService.Contracts;

/// <summary>
/// What the contract's free text (names, descriptions, reasons, labels, actors) may contain: what people read must be what is there. Decided by Unicode's
/// general categories, so that text of every script passes. The service enforces it, and the console checks it while a person types.
/// </summary>
public static class FreeText
{
    /// <summary>Whether there is anything to see. A text of blanks, of format characters, or of marks without a letter below them shows nothing.</summary>
    public static bool HasVisible(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsVisible(rune)) return true;
        }

        return false;
    }

    /// <summary>What must not be in the text, as the rest of a sentence that begins with the field's name; null: nothing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="multiline">Whether line feeds, carriage returns and tabs are text.</param>
    public static string? Problem(string text, bool multiline)
    {
        // The letter or symbol that marks, selectors and joiners belong to; and the character before this one.
        var (main, before) = (Rune.ReplacementChar, default(Rune));
        var hasMain = false;
        Rune? joined = null;
        var isWithSymbol = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category == UnicodeCategory.Control)
            {
                if (!multiline || rune.Value is not ('\n' or '\r' or '\t')) return "must not contain control characters";
            }
            else if (category is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return "must not contain line or paragraph separators (U+2028, U+2029)";
            }
            else if (IsDirection(rune))
            {
                return $"must not contain characters that control the direction of text, such as {Name(rune)}: it would not read as it is";
            }

            if (joined is { } joiner && !(isWithSymbol ? IsSymbol(category) : category == UnicodeCategory.OtherLetter)) return Invisible(joiner);
            joined = null;
            if (IsJoiner(rune))
            {
                if (!hasMain || IsJoiner(before)) return Invisible(rune);
                // In scripts whose letters join it may also end a word. After anything else such a letter follows, or to a symbol another is joined, as in a
                // family of emoji.
                if (Rune.GetUnicodeCategory(main) != UnicodeCategory.OtherLetter)
                    (joined, isWithSymbol) = (rune, rune == Joiner && IsSymbol(Rune.GetUnicodeCategory(main)));
            }
            else if (IsSelector(rune))
            {
                if (!hasMain || IsSelector(before) || IsCased(Rune.GetUnicodeCategory(main))) return Invisible(rune);
            }
            else if (IsTag(rune))
            {
                if (!hasMain || main != Flag) return Invisible(rune);
            }
            else if (IsHidden(rune, category))
            {
                return Invisible(rune);
            }
            else if (!IsMark(category))
            {
                (main, hasMain) = (rune, IsVisible(rune));
            }

            before = rune;
        }

        return joined is { } last ? Invisible(last) : null;
    }

    private static readonly Rune Joiner = new('\u200D');

    /// <summary>Flags of regions, such as Scotland's, are it and the region's name in tags.</summary>
    private static readonly Rune Flag = new(0x1F3F4);

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter => true,
        UnicodeCategory.OtherLetter or UnicodeCategory.OtherSymbol => !IsBlankLetter(rune) && rune.Value is not (0x2800 or 0xFFFC),
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => true,
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation => true,
        UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation => true,
        UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol => true,
        UnicodeCategory.Format => IsNumberSign(rune),
        _ => false,
    };

    /// <summary>Embeddings, overrides, isolates and marks. Text that runs from right to left needs none of them: its letters say so.</summary>
    private static bool IsDirection(Rune rune) => rune.Value is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    /// <summary>Zero-width space, non-joiner and joiner, and Mongolian's vowel separator: without them some scripts cannot be written.</summary>
    private static bool IsJoiner(Rune rune) => rune.Value is 0x200B or 0x200C or 0x200D or 0x180E;

    private static bool IsSelector(Rune rune) => rune.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) or (>= 0x180B and <= 0x180D) or 0x180F;

    private static bool IsTag(Rune rune) => rune.Value is >= 0xE0020 and <= 0xE007F;

    /// <summary>Format characters that are seen: Arabic and Syriac signs around numbers.</summary>
    private static bool IsNumberSign(Rune rune) => rune.Value is (>= 0x0600 and <= 0x0605) or 0x06DD or 0x070F or 0x0890 or 0x0891 or 0x08E2 or 0x110BD or 0x110CD;

    /// <summary>Fillers of Hangul: letters by their category, and nothing to see.</summary>
    private static bool IsBlankLetter(Rune rune) => rune.Value is 0x115F or 0x1160 or 0x3164 or 0xFFA0;

    /// <summary>Format characters by which signs of Egyptian, shorthand and music are put together are part of what is seen.</summary>
    private static bool IsHidden(Rune rune, UnicodeCategory category) =>
        IsBlankLetter(rune) || rune.Value is 0x034F
        || (category == UnicodeCategory.Format && !IsNumberSign(rune)
            && rune.Value is not ((>= 0x13430 and <= 0x1345F) or (>= 0x1BCA0 and <= 0x1BCA3) or (>= 0x1D173 and <= 0x1D17A)));

    private static bool IsMark(UnicodeCategory category) =>
        category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static bool IsSymbol(UnicodeCategory category) =>
        category is UnicodeCategory.OtherSymbol or UnicodeCategory.MathSymbol or UnicodeCategory.ModifierSymbol;

    /// <summary>Letters of Latin, Greek, Cyrillic and their like, which have no variants to select.</summary>
    private static bool IsCased(UnicodeCategory category) =>
        category is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    private static string Invisible(Rune rune) => $"must not contain invisible characters, such as {Name(rune)} here";

    private static string Name(Rune rune) => $"U+{rune.Value.ToString("X4", CultureInfo.InvariantCulture)}";
}
