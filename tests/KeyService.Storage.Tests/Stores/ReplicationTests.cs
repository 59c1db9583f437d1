using KeyService.Server.Storage;

namespace KeyService.Storage.Tests.Stores;

/// <summary>Tests of <see cref="IReplicationStore"/>: each <see cref="NewStore"/> is the feed of a process of its own.</summary>
public abstract class ReplicationTests(Engine engine) : StoreTests(engine)
{
    internal static readonly FeedStep[] Reads = [FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges];

    internal IReplicationStore NewStore() => Store.NewEngine().Replication;

    internal static ReplicaRegistration Replica(
        string? id = null, long known = 0, long sent = 0, long ticket = 0, long horizon = 0, int lease = 30, string generations = "21", string address = "10.0.0.1:8081") => new(
            id ?? Guid.NewGuid().ToString("N"), known, sent, ticket, horizon, TimeSpan.FromSeconds(lease), generations, address,
            new DateTimeOffset(2027, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1_234_560));

    internal static Task<FeedAnswer> ReadAsync(IReplicationStore store, long horizon = 0, int most = 1_000) =>
        store.RunCycleAsync(Reads, new(Replica(), horizon, most), CancellationToken.None);

    internal static async Task<bool> RegisterAsync(IReplicationStore store, ReplicaRegistration own) =>
        (await store.RunCycleAsync([FeedStep.Register], new(own, 0, 0), CancellationToken.None)).Registered;

    internal static Task<ReplicaLook> LookAsync(IReplicationStore store, bool drawTicket = false) => store.LookAsync(drawTicket, CancellationToken.None);
}
