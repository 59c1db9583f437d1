using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Storage;

namespace KeyService.Simulation.Tests.Simulated;

/// <summary>A replica's way to the database: each statement, and each message, is a step that the world may put off.</summary>
internal sealed class SimStore(SimDatabase database, SimNetwork network, SimReplica replica) : IStorageEngine, IReplicationStore
{
    public string Name => "simulated";

    public IReplicationStore Replication => this;

    public TimeSpan SettleTime => database.SettleTime;

    public async Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation)
    {
        await SendAsync();
        var answer = new FeedAnswer(Registered: false, 0, 0, null, default, []);
        var history = database.History;
        foreach (var step in steps)
        {
            await StatementAsync(history);
            answer = step switch
            {
                FeedStep.Register => answer with { Registered = Register(request.Own) },
                FeedStep.DrawTicket => answer with { Ticket = database.DrawTicket() },
                FeedStep.ReadWatermark => answer with { Watermark = database.Watermark, Epoch = database.Epoch, DatabaseTime = database.Time },
                _ => answer with { Changes = database.ChangesAbove(request.Horizon, request.MaxChanges) },
            };
        }

        await ReceiveAsync();
        return answer;
    }

    public async Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation)
    {
        await SendAsync();
        if (database.Replicas.TryGetValue(replicaId, out var row) && row.Ticket < ticket)
            database.Replicas[replicaId] = Row(replicaId, row.Beat, ticket, row.LeaseMilliseconds);
        await ReceiveAsync();
    }

    public async Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation)
    {
        await SendAsync();
        var history = database.History;
        var ticket = drawTicket ? database.DrawTicket() : 0;
        await StatementAsync(history);
        var (epoch, time) = (database.Epoch, database.Time);
        await StatementAsync(history);
        var look = new ReplicaLook(ticket, epoch, time, [.. database.Replicas.Values]);
        await ReceiveAsync();
        return look;
    }

    public async Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation)
    {
        await SendAsync();
        var removed = database.Replicas.TryGetValue(replicaId, out var row) && (beat is null ? database.Replicas.Remove(replicaId) : row.Beat == beat && database.Reap(replicaId));
        await ReceiveAsync();
        return removed;
    }

    public async Task<ApiKeyRow?> FindKeyAsync(byte[] digest, CancellationToken cancellation)
    {
        await SendAsync();
        var (key, secret) = SimKeys.Find(digest);
        var version = database.Rows[key];
        await ReceiveAsync();
        return version.Secret == secret ? RowOf(key, version) : null;
    }

    public static long SerialOf(CachedKey found) => long.Parse(found.Answer.Scopes.ToArray()[0], System.Globalization.CultureInfo.InvariantCulture);

    public static ApiKeyRow RowOf(int key, Version version) => ApiKeyRow.From(new KeyRecord
    {
        KeyId = SimKeys.IdOf(key),
        WorkspaceId = "w",
        Name = "n",
        // What the checker knows a version by.
        Scopes = [version.Serial.ToString(System.Globalization.CultureInfo.InvariantCulture)],
        Environment = KeyEnvironment.Live,
        Status = version.Enabled ? KeyStatus.Enabled : KeyStatus.Disabled,
        Hint = "h",
        Recoverable = false,
        CreateTime = SimTime.Start,
        UpdateTime = SimTime.Start,
        CreatedBy = "c",
        Revision = version.Revision,
    });

    public KeyDbContext CreateContext() => throw new NotSupportedException();

    public KeyDbContext CreateLookupContext() => throw new NotSupportedException();

    public Task<T> RunReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<T> RunScanAsync<T>(Func<Task<T>> scan, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<T> RunWriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<IDisposable> EnterWriteAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<AuditHeadRow?> LockAuditHeadAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation) => throw new NotSupportedException();

    public Task StampRevisionAsync(KeyDbContext context, ApiKeyRow key, CancellationToken cancellation) => throw new NotSupportedException();

    public Task FlushUsageAsync(string usesJson, CancellationToken cancellation) => throw new NotSupportedException();

    public Task PingAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task CheckSettingsAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task MigrateAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public async Task RenewEpochAsync(CancellationToken cancellation)
    {
        await SendAsync();
        replica.OnRenewal();
        database.RenewEpoch();
        await ReceiveAsync();
    }

    /// <summary>One master key for all, and at once: generations are not what is simulated here.</summary>
    public Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<MasterKeyFingerprintRow>>([]);

    public Task AddFingerprintAsync(MasterKeyFingerprintRow row, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>The message is on its way; it is lost when the replica is cut off, and the replica hears so.</summary>
    private async Task SendAsync()
    {
        var cut = replica.IsCutOff;
        await network.Outside(replica);
        if (!cut) return;
        await network.Arrival(replica);
        throw new TimeoutException("cut off");
    }

    /// <summary>The next statement of a batch. A restore ends every connection, so no batch goes on behind it.</summary>
    private async Task StatementAsync(int history)
    {
        await network.Outside(replica);
        if (database.History == history) return;
        await network.Arrival(replica);
        throw new TimeoutException("connection ended");
    }

    private async Task ReceiveAsync()
    {
        await network.Arrival(replica);
        if (replica.IsCutOff) throw new TimeoutException("answer lost");
    }

    private bool Register(ReplicaRegistration own)
    {
        if (own.BeatKnown == 0) return database.Replicas.TryAdd(own.ReplicaId, Row(own.ReplicaId, 1, own.Ticket, (long)own.Lease.TotalMilliseconds));
        if (!database.Replicas.TryGetValue(own.ReplicaId, out var row) || row.Beat < own.BeatKnown || row.Beat > own.BeatSent) return false;
        database.Replicas[own.ReplicaId] = Row(own.ReplicaId, own.BeatSent + 1, Math.Max(row.Ticket, own.Ticket), row.LeaseMilliseconds);
        return true;
    }

    private static ReplicaRow Row(string id, long beat, long ticket, long lease) => new()
    {
        ReplicaId = id, Beat = beat, Ticket = ticket, Horizon = 0, LeaseMilliseconds = lease, Generations = "0", Address = "", StartTime = SimTime.Start,
    };
}
