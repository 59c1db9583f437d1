using KeyService.Server.Storage;

namespace KeyService.Server.TestHooks;

/// <summary>Replication over a way to the database that fails.</summary>
internal sealed class FaultyReplicationStore(IReplicationStore inner, DatabaseFaults faults) : IReplicationStore
{
    public TimeSpan SettleTime => inner.SettleTime;

    public Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation) =>
        CallAsync(() => inner.RunCycleAsync(steps, request, cancellation), steps.Contains(FeedStep.Register), cancellation);

    public Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation) =>
        CallAsync(() => inner.ReportAsync(replicaId, ticket, horizon, cancellation), cancellation);

    public Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation) =>
        CallAsync(() => inner.LookAsync(drawTicket, cancellation), changes: false, cancellation);

    public Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation) =>
        CallAsync(() => inner.RemoveReplicaAsync(replicaId, beat, cancellation), changes: true, cancellation);

    public Task RenewEpochAsync(CancellationToken cancellation) => CallAsync(() => inner.RenewEpochAsync(cancellation), cancellation);

    public Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(CancellationToken cancellation) =>
        CallAsync(() => inner.ReadFingerprintsAsync(cancellation), changes: false, cancellation);

    public Task AddFingerprintAsync(MasterKeyFingerprintRow row, CancellationToken cancellation) =>
        CallAsync(() => inner.AddFingerprintAsync(row, cancellation), cancellation);

    private async Task<T> CallAsync<T>(Func<Task<T>> call, bool changes, CancellationToken cancellation)
    {
        await faults.SendAsync(cancellation);
        var answer = await call();
        await faults.AnswerAsync(changes, cancellation);
        return answer;
    }

    private async Task CallAsync(Func<Task> call, CancellationToken cancellation)
    {
        await faults.SendAsync(cancellation);
        await call();
        await faults.AnswerAsync(isCommit: true, cancellation);
    }
}
