using System.Diagnostics;

namespace KeyService.Testing.History;

/// <summary>A time in which something was broken, on purpose or by the machine that everything runs on. It excuses outages, and never a verdict.</summary>
/// <param name="What">In a word or two.</param>
/// <param name="Replica">The one that it was done to; null: all of them.</param>
/// <param name="From">Timestamp before it was done.</param>
/// <param name="Until">Timestamp after it was undone.</param>
internal sealed record FaultWindow(string What, int? Replica, long From, long Until)
{
    /// <summary>How long healing may take, in ticks of the clock: 5 s by default.</summary>
    public long Grace { get; init; } = HistoryChecker.Grace;

    /// <summary>The whole machine stood still, and has what it missed to do, for a second.</summary>
    public static FaultWindow Stall(long from, long until) => new("stall", Replica: null, from, until) { Grace = Stopwatch.Frequency };

    /// <summary>Whether the call touched the window or the time after it that healing may take.</summary>
    public bool Excuses(Operation operation)
    {
        // A change is made in the one database, which a stopped replica may hold locked: there any fault excuses.
        var concerns = Replica is null || Replica == operation.Replica || operation.Kind != OperationKind.Validate;
        var end = Until > Operation.Never - Grace ? Operation.Never : Until + Grace;
        return concerns && operation.Ended >= From && operation.Invoked <= end;
    }
}
