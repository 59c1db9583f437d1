using System.Globalization;
using System.Text.RegularExpressions;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary>Reads settings; a wrong one stops the start with its name, the shape of its value, and what would be right.</summary>
internal static partial class Settings
{
    public static int Integer(IConfiguration configuration, string name, int @default, int min, int max)
    {
        if (Text(configuration, name) is not { } text) return @default;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw Wrong(name, text, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
    }

    public static bool Boolean(IConfiguration configuration, string name, bool @default)
    {
        if (Text(configuration, name) is not { } text) return @default;
        return bool.TryParse(text, out var value) ? value : throw Wrong(name, text, "`true` or `false`");
    }

    /// <summary>A bare number is refused: the framework would take it for days.</summary>
    public static TimeSpan Duration(IConfiguration configuration, string name, TimeSpan @default, TimeSpan min, TimeSpan max)
    {
        if (Text(configuration, name) is not { } text) return @default;
        var match = DurationText().Match(text);
        if (match.Success
            && long.TryParse(match.Groups["d"].ValueSpan is { Length: > 0 } d ? d : "0", CultureInfo.InvariantCulture, out var days) && days <= 36_500
            && long.TryParse(match.Groups["h"].ValueSpan, CultureInfo.InvariantCulture, out var hours) && hours <= 876_000)
        {
            var value = TimeSpan.FromDays(days) + TimeSpan.FromHours(hours)
                + TimeSpan.FromMinutes(int.Parse(match.Groups["m"].ValueSpan, CultureInfo.InvariantCulture))
                + TimeSpan.FromSeconds(double.Parse(match.Groups["s"].ValueSpan, CultureInfo.InvariantCulture));
            if (value >= min && value <= max) return value;
        }

        throw Wrong(name, text, $"a duration hh:mm:ss from {min:c} to {max:c}");
    }

    /// <summary>Null when it is not set, or empty.</summary>
    public static string? Text(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } text ? text : null;

    /// <summary>Says what kind of text was found, never the text: it may have been meant for another setting, a secret one.</summary>
    public static StartException Wrong(string name, string text, string right) =>
        new($"{name}: must be {right}; found {Shape(text)}.");

    private static string Shape(string text) =>
        text.Length == 0 ? "nothing" : text.All(char.IsAsciiDigit) ? "a bare number" : string.Create(CultureInfo.InvariantCulture, $"a text of {text.Length} characters");

    [GeneratedRegex(@"^((?<d>[0-9]{1,5})\.)?(?<h>[0-9]{1,6}):(?<m>[0-5][0-9]):(?<s>[0-5][0-9](\.[0-9]{1,7})?)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex DurationText();
}
