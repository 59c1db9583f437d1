using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Fakes;

/// <summary>A replica that begins with nothing, and its feed, on a database whose answers the test gives, in fake time.</summary>
internal sealed class FeedRig
{
    public FeedRig(TimeSpan? settleTime = null, int maxChanges = 3, int floorCapacity = 100, ILogger<FeedCycle>? log = null, MasterKeys? masterKeys = null)
    {
        Store.SettleTime = settleTime ?? TimeSpan.Zero;
        var options = new ReplicaOptions { MaxChanges = maxChanges, FloorCapacity = floorCapacity };
        Belief = new Belief(Incarnations.New(options, Time));
        Incarnations = new Incarnations(Belief, options, Time);
        Clock = new DatabaseClock(Time);
        MasterKeys = masterKeys ?? Samples.MasterKeys;
        Generations = new Generations(Store, MasterKeys, Belief, options, NullLogger<Generations>.Instance);
        Cycle = new FeedCycle(Store, Belief, Incarnations, Generations, Clock, options, Time, Samples.Metrics(Time), log ?? NullLogger<FeedCycle>.Instance);
    }

    public TimerWatch Time { get; } = new(Samples.Now);

    public DatabaseClock Clock { get; }

    public FakeReplicationStore Store { get; } = new();

    public Belief Belief { get; }

    public Incarnations Incarnations { get; }

    public MasterKeys MasterKeys { get; }

    public Generations Generations { get; }

    public FeedCycle Cycle { get; }

    public Incarnation Current => Belief.Current;

    public bool IsLive => Current.Lease.IsLive(Moment.Now(Time));

    /// <summary>Runs a cycle that is answered; tells what was sent.</summary>
    public async Task<(IReadOnlyList<FeedStep> Steps, FeedRequest Request)> RunAsync(FeedAnswer answer, bool asked = false)
    {
        var run = Cycle.RunAsync(asked, CancellationToken.None);
        var pending = await Store.Cycles.NextAsync();
        pending.Answers(answer);
        await run;
        return pending.Call;
    }

    /// <summary>Runs a cycle that the database refuses; tells what was sent.</summary>
    public async Task<(IReadOnlyList<FeedStep> Steps, FeedRequest Request)> FailAsync()
    {
        var run = Cycle.RunAsync(asked: false, CancellationToken.None);
        var pending = await Store.Cycles.NextAsync();
        pending.Fails(new StoreUnavailableException());
        await Should.ThrowAsync<StoreUnavailableException>(run);
        return pending.Call;
    }

    public static FeedAnswer Answer(long ticket, long watermark, params KeyChange[] changes) =>
        new(Registered: true, ticket, watermark, Samples.Epoch, Samples.Now, changes);
}
