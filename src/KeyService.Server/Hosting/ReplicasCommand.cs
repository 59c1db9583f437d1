using System.Globalization;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary><c>keyservice replicas</c>: who keeps looked-up keys, and how far behind each is. Needs no master key, and changes nothing.</summary>
internal static class ReplicasCommand
{
    /// <summary>More are not counted: a replica so far behind starts as new.</summary>
    private const int MostChanges = 10_000;

    private static readonly FeedStep[] Reads = [FeedStep.ReadWatermark, FeedStep.ReadChanges];

    public static async Task<int> RunAsync(string[] settings, CancellationToken cancellation)
    {
        var options = ServerOptions.Read(Commands.ConfigurationOf(settings));
        var engine = await StorageEngines.MigratedAsync(options, cancellation);
        var look = await engine.Replication.LookAsync(drawTicket: false, cancellation);
        var lowest = look.Rows.Count == 0 ? long.MaxValue : look.Rows.Min(row => row.Horizon);
        // Nothing is registered: the step is left out.
        var nobody = new ReplicaRegistration("", 0, 0, 0, 0, TimeSpan.Zero, "", "", look.DatabaseTime);
        var feed = await engine.Replication.RunCycleAsync(Reads, new(nobody, lowest, MostChanges), cancellation);
        Write(Console.Out, look, feed);
        return 0;
    }

    private static void Write(TextWriter output, ReplicaLook look, FeedAnswer feed)
    {
        var renewed = look.Epoch.RenewTime is { } time ? $"renewed {Text(time)}" : "never renewed";
        output.WriteLine($"epoch {look.Epoch.Id} ({renewed}), watermark {feed.Watermark}, replicas {look.Rows.Count}, at {Text(look.DatabaseTime)}");
        if (look.Rows.Count == 0) return;
        string[][] table =
        [
            ["id", "address", "beat", "ticket", "horizon", "behind", "lease", "master keys", "started"],
            .. look.Rows.OrderBy(row => row.StartTime).Select(row => Cells(row, feed.Changes)),
        ];
        var widths = Enumerable.Range(0, table[0].Length).Select(column => table.Max(cells => cells[column].Length)).ToArray();
        foreach (var cells in table)
            output.WriteLine(string.Join("  ", cells.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string[] Cells(ReplicaRow row, IReadOnlyList<KeyChange> changes)
    {
        // On SQL Server the horizon itself is 5 s behind: the latest changes count here although they are applied.
        var behind = changes.Count(change => change.Revision > row.Horizon);
        return
        [
            row.ReplicaId, row.Address.Length > 0 ? row.Address : "-", Text(row.Beat), Text(row.Ticket), Text(row.Horizon),
            changes.Count > MostChanges ? $"{Text(behind)}+" : Text(behind),
            $"{Text(row.LeaseMilliseconds / 1_000)} s", row.Generations, Text(row.StartTime),
        ];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
