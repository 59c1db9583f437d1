namespace KeyService.Testing;

/// <summary>Errors in the output of a server.</summary>
internal static class LoggedErrors
{
    /// <summary>Each with the indented lines that belong to it: message and exception.</summary>
    public static IEnumerable<string> Of(IEnumerable<string> output)
    {
        string? entry = null;
        foreach (var line in output)
        {
            if (entry is not null && line.StartsWith(' '))
            {
                entry += '\n' + line;
                continue;
            }

            if (entry is not null) yield return entry;
            entry = IsError(line) ? line : null;
        }

        if (entry is not null) yield return entry;
    }

    private static bool IsError(string line) =>
        line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal)
        || line.StartsWith("Unhandled exception", StringComparison.Ordinal);
}
