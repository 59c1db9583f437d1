using System.Collections.Concurrent;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Fakes;

/// <summary>A database's side of replication whose answers the test gives, one by one; reports and removals are answered at once.</summary>
internal sealed class FakeReplicationStore : IReplicationStore
{
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(5);

    public PendingCalls<(IReadOnlyList<FeedStep> Steps, FeedRequest Request), FeedAnswer> Cycles { get; } = new();

    /// <summary>Whether a ticket is to be drawn.</summary>
    public PendingCalls<bool, ReplicaLook> Looks { get; } = new();

    public ConcurrentQueue<(string ReplicaId, long Ticket, long Horizon)> Reports { get; } = new();

    public ConcurrentQueue<(string ReplicaId, long? Beat)> Removals { get; } = new();

    public Func<Task> OnReport { get; set; } = () => Task.CompletedTask;

    public Func<Task<bool>> OnRemove { get; set; } = () => Task.FromResult(true);

    public Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation) => Cycles.Add((steps, request));

    public Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation)
    {
        Reports.Enqueue((replicaId, ticket, horizon));
        return OnReport();
    }

    public Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation) => Looks.Add(drawTicket);

    public Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation)
    {
        Removals.Enqueue((replicaId, beat));
        return OnRemove();
    }

    /// <summary>The generations that there may be keys of; none: nothing is checked.</summary>
    public List<MasterKeyFingerprintRow> Fingerprints { get; } = [];

    public Func<Task> OnReadFingerprints { get; set; } = () => Task.CompletedTask;

    public Func<Task> OnAddFingerprint { get; set; } = () => Task.CompletedTask;

    public int Renewals { get; private set; }

    public Func<Task> OnRenew { get; set; } = () => Task.CompletedTask;

    public async Task RenewEpochAsync(CancellationToken cancellation)
    {
        await OnRenew();
        Renewals++;
    }

    public async Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(CancellationToken cancellation)
    {
        await OnReadFingerprints();
        lock (Fingerprints) return [.. Fingerprints];
    }

    public async Task AddFingerprintAsync(MasterKeyFingerprintRow row, CancellationToken cancellation)
    {
        await OnAddFingerprint();
        lock (Fingerprints)
        {
            if (!Fingerprints.Exists(known => known.Generation == row.Generation)) Fingerprints.Add(row);
        }
    }
}
