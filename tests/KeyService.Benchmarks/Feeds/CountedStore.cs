using KeyService.Server.Storage;

namespace KeyService.Benchmarks.Feeds;

/// <summary>Counts what a replica asks of its database: calls, each a round trip where there is a network, and the statements in them.</summary>
internal sealed class CountedStore(IReplicationStore store) : IReplicationStore
{
    private int _calls;
    private int _statements;

    public int Calls => Volatile.Read(ref _calls);

    public int Statements => Volatile.Read(ref _statements);

    public TimeSpan SettleTime => store.SettleTime;

    public Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation)
    {
        Count(steps.Count);
        return store.RunCycleAsync(steps, request, cancellation);
    }

    public Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation)
    {
        Count(1);
        return store.ReportAsync(replicaId, ticket, horizon, cancellation);
    }

    public Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation)
    {
        Count(drawTicket ? 3 : 2);
        return store.LookAsync(drawTicket, cancellation);
    }

    public Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation)
    {
        Count(1);
        return store.RemoveReplicaAsync(replicaId, beat, cancellation);
    }

    public Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(CancellationToken cancellation)
    {
        Count(1);
        return store.ReadFingerprintsAsync(cancellation);
    }

    public Task AddFingerprintAsync(MasterKeyFingerprintRow row, CancellationToken cancellation) => store.AddFingerprintAsync(row, cancellation);

    public Task RenewEpochAsync(CancellationToken cancellation) => store.RenewEpochAsync(cancellation);

    private void Count(int statements)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _statements, statements);
    }
}
