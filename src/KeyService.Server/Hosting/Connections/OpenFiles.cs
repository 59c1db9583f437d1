using System.Globalization;

namespace KeyService.Server.Hosting.Connections;

/// <summary>The system's limit of open files for this process (RLIMIT_NOFILE). Each connection is an open file, and a process that cannot open another one is aborted by the runtime.</summary>
internal static class OpenFiles
{
    private const string Limits = "/proc/self/limits";
    private const string Row = "Max open files";

    /// <summary>The soft limit, which the runtime has raised to the hard one when it started. Null where the system does not report it, or has none.</summary>
    public static int? ReadLimit() => File.Exists(Limits) ? Parse(File.ReadLines(Limits)) : null;

    /// <param name="lines">As proc(5) describes them: name, soft limit, hard limit, unit.</param>
    internal static int? Parse(IEnumerable<string> lines)
    {
        if (lines.FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) is not { } row) return null;
        var columns = row[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return columns.Length > 0 && long.TryParse(columns[0], NumberStyles.None, CultureInfo.InvariantCulture, out var soft)
            ? (int)Math.Min(soft, int.MaxValue)
            : null;
    }
}
