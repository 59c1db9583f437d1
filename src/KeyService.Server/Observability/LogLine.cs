using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;

namespace KeyService.Server.Observability;

/// <summary>A log line made safe (<see cref="LogText"/>): its message, and its values for formatters that write them one by one.</summary>
internal sealed partial class LogLine : IReadOnlyList<KeyValuePair<string, object?>>
{
    private const string Template = "{OriginalFormat}";

    public static readonly Func<LogLine, Exception?, string> Formatter = static (entry, _) => entry._message;

    private readonly string _message;
    private readonly IReadOnlyList<KeyValuePair<string, object?>> _values;

    private LogLine(string message, IReadOnlyList<KeyValuePair<string, object?>> values) => (_message, _values) = (message, values);

    public int Count => _values.Count;

    public KeyValuePair<string, object?> this[int index] => _values[index];

    public static LogLine Of(object? state, Func<string> format, LogTextRules rules)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values) return new(LogText.Safe(format(), rules), []);
        var safe = new KeyValuePair<string, object?>[values.Count];
        var isRemoved = false;
        for (var i = 0; i < safe.Length; i++)
        {
            var (name, value) = values[i];
            var remove = rules.HasFlag(LogTextRules.NoHeaders) && name != Template && IsOfHead(name) && Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 };
            isRemoved |= remove;
            safe[i] = new(name, remove ? LogText.Removed : Safe(value, rules));
        }

        // The line that was formatted has the value in it, and may have it anywhere.
        return new(isRemoved ? Format(safe) : LogText.Safe(format(), rules), safe);
    }

    /// <summary>The same for a scope, which writes itself.</summary>
    public static LogLine OfScope(object? scope, LogTextRules rules) => Of(scope, () => scope?.ToString() ?? "", rules);

    public override string ToString() => _message;

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool IsOfHead(string name) => name == "Host" || Head().IsMatch(name);

    private static object? Safe(object? value, LogTextRules rules) => value switch
    {
        null => null,
        Type type => type,
        Enum or Guid or DateTime or DateTimeOffset or TimeSpan or decimal => value,
        IConvertible number and not string and not char => number,
        _ => LogText.Safe(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", rules),
    };

    /// <summary>The template with the values that are safe. Nothing is aligned or formatted: it is the framework's, for reading.</summary>
    private static string Format(KeyValuePair<string, object?>[] values)
    {
        var template = Array.Find(values, value => value.Key == Template).Value as string ?? LogText.Removed;
        return Placeholder().Replace(
            template,
            match => Array.Find(values, value => value.Key == match.Groups[1].Value) is { Key: not null } value ? Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? "" : match.Value);
    }

    [GeneratedRegex("Query|Header|Cookie|ContentType|Authorization|Token|Password|Secret", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Head();

    [GeneratedRegex(@"\{([A-Za-z0-9_]+)[^{}]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
