using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace KeyService.Server.Observability;

/// <summary>
/// Makes text from outside fit for a log line: nothing in it begins a line, moves the cursor or reorders what is shown, what looks like a credential is
/// cut out, and its length is bounded. For every line of every category, whatever its level.
/// </summary>
internal static partial class LogText
{
    public const int MaxLength = 8 * 1024;

    /// <summary>In the place of what was cut out.</summary>
    public const string Removed = "[removed]";

    /// <summary>The longest run that the patterns have to look at is <see cref="MaxLength"/>; they need far less.</summary>
    private const int MatchMilliseconds = 1_000;

    /// <param name="text">Text of a log line.</param>
    /// <param name="rules">What may be in it, by who logs it.</param>
    public static string Safe(string text, LogTextRules rules)
    {
        if (text.Length > MaxLength) text = text[..MaxLength] + "...";
        return Escape(Redact(text, rules));
    }

    /// <summary>Control and format characters (bidirectional controls are among them), line separators and lone surrogates as <c>\n</c> or <c>\u202E</c>.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var safe = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            // A lone surrogate is no rune.
            var isRune = Rune.TryGetRuneAt(text, i, out var rune);
            var length = isRune ? rune.Utf16SequenceLength : 1;
            if (isRune && IsPlain(Rune.GetUnicodeCategory(rune))) safe.Append(text, i, length);
            else safe.Append(Escaped(isRune ? rune.Value : text[i]));
            i += length;
        }

        return safe.ToString();
    }

    private static bool IsPlain(UnicodeCategory category) => category is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static string Escaped(int value) => value switch
    {
        '\r' => "\\r",
        '\n' => "\\n",
        '\t' => "\\t",
        <= 0xffff => string.Create(CultureInfo.InvariantCulture, $"\\u{value:X4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\U{value:X8}"),
    };

    private static string Redact(string text, LogTextRules rules)
    {
        try
        {
            text = Credential().Replace(text, Removed);
            if (rules.HasFlag(LogTextRules.NoQueries)) text = Query().Replace(text, "?" + Removed);
            return rules.HasFlag(LogTextRules.NoQuotes) ? Quoted().Replace(text, $"'{Removed}'") : text;
        }
        catch (RegexMatchTimeoutException)
        {
            return Removed;
        }
    }

    /// <summary>An API key of any brand, or a piece of one; a JWT; what follows the scheme of an Authorization header.</summary>
    [GeneratedRegex(
        @"[a-z]{2,8}_(live|test)_[0-9a-z]{8,}|eyJ[\w-]{4,}\.[\w.-]+|\b(bearer|basic)\s+[^\s""']+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, MatchMilliseconds)]
    private static partial Regex Credential();

    [GeneratedRegex(@"\?\S+", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex Query();

    [GeneratedRegex("'.*'", RegexOptions.CultureInvariant | RegexOptions.Singleline, MatchMilliseconds)]
    private static partial Regex Quoted();
}

/// <summary>What is cut out of a line besides what looks like a credential.</summary>
[Flags]
internal enum LogTextRules
{
    None = 0,

    /// <summary>Everything behind a question mark: query strings.</summary>
    NoQueries = 1,

    /// <summary>Values that come from a request's head, by the name of the placeholder (<see cref="LogLine"/>).</summary>
    NoHeaders = 2,

    /// <summary>Everything in single quotes: the server of the framework quotes lines and headers that it refuses.</summary>
    NoQuotes = 4,

    All = NoQueries | NoHeaders | NoQuotes,
}
