namespace KeyService.Cluster.Tests.History;

/// <summary>A time in which something was broken on purpose.</summary>
/// <param name="What">In a word or two.</param>
/// <param name="Replica">The one that it was done to; null: all of them.</param>
/// <param name="From">Timestamp before it was done.</param>
/// <param name="Until">Timestamp after it was undone.</param>
internal sealed record FaultWindow(string What, int? Replica, long From, long Until)
{
    /// <summary>Whether the call touched the window or the time after it that healing may take.</summary>
    public bool Excuses(Operation operation, long grace)
    {
        // A change is made in the one database, which a stopped replica may hold locked: there any fault excuses.
        var concerns = Replica is null || Replica == operation.Replica || operation.Kind != OperationKind.Validate;
        var end = Until > Operation.Never - grace ? Operation.Never : Until + grace;
        return concerns && operation.Ended >= From && operation.Invoked <= end;
    }
}
