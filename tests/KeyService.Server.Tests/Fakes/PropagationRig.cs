using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Keys;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Fakes;

/// <summary>A replica that stands, and a change of the pinned key that it tells the others of, in fake time.</summary>
internal sealed class PropagationRig
{
    public const long Ticket = 100;

    /// <summary>How long each look takes: as long as two are apart, so that none waits.</summary>
    public static readonly TimeSpan LookTime = TimeSpan.FromMilliseconds(10);

    public PropagationRig()
    {
        var options = new ReplicaOptions { Lease = TimeSpan.FromSeconds(30) };
        Belief = new Belief(Samples.Standing(Time));
        Incarnations = new Incarnations(Belief, options, Time);
        Clock = new DatabaseClock(Time);
        var metrics = Samples.Metrics(Time);
        var nudges = new Nudges(Belief, new FeedSignal(), Channel, Samples.MasterKeys);
        Propagation = new Propagation(
            new ReplicaTable(Store, Clock, Time), Clock, Belief, Incarnations, new RedisKeyCache(Shared, Belief, Samples.MasterKeys, metrics), nudges, options, Samples.MasterKeys, Time, metrics, NullLogger<Propagation>.Instance);
    }

    public TimerWatch Time { get; } = new(Samples.Now);

    public DatabaseClock Clock { get; }

    public FakeReplicationStore Store { get; } = new();

    public FakeSharedValues Shared { get; } = new();

    public FakeNudgeChannel Channel { get; } = new();

    public Belief Belief { get; }

    public Incarnations Incarnations { get; }

    public Propagation Propagation { get; }

    public Task<PropagationReport> ChangeAsync(TimeSpan? wait = null, DateTime? deadline = null) =>
        Propagation.WaitAsync(new(Samples.Record(revision: 7), [LookupRig.Digest], Belief.Mark()), wait, deadline ?? DateTime.MaxValue);

    /// <summary>The own row and these, as found in the next look; the first draws a ticket.</summary>
    public async Task AnswerAsync(ReplicaLook look)
    {
        var pending = await Store.Looks.NextAsync();
        Time.Advance(LookTime);
        pending.Answers(pending.Call ? look : look with { Ticket = 0 });
    }

    public Task AnswerAsync(params ReplicaRow[] others) => AnswerAsync(Found(others));

    public ReplicaLook Found(params ReplicaRow[] others) =>
        new(Ticket, Samples.Epoch, Time.GetUtcNow().AddHours(1), [Row(Belief.Current.ReplicaId), .. others]);

    /// <summary>Until a timer is armed that is to ring after so long.</summary>
    public async Task ArmedAsync(TimeSpan due)
    {
        while (await Time.NextTimerAsync() != due)
        {
        }
    }

    public static ReplicaRow Row(string replicaId, long ticket = 1, long beat = 1, double lease = 30) => new()
    {
        ReplicaId = replicaId, Beat = beat, Ticket = ticket, Horizon = 0, LeaseMilliseconds = (long)(lease * 1000), Generations = "7", Address = "", StartTime = Samples.Now,
    };
}
