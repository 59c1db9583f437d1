using System.Diagnostics.Metrics;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Simulation.Tests.Simulated;

/// <summary>One process: the real look-up and the real protocol, on a simulated machine.</summary>
internal sealed class SimReplica
{
    private static readonly Metrics Metrics = new(
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), new VerdictNames(["VALID"]), TimeProvider.System);

    private static readonly LookupOptions LookupOptions = new() { CacheCapacity = 100, ValidateBudget = TimeSpan.FromSeconds(10) };

    private readonly SimTime _time;
    private readonly Belief _belief;
    private readonly KeyLookup _lookup;
    private readonly FeedLoop _feed;
    private TimeSpan _asleepUntil;

    public SimReplica(int number, SimTime time, SimDatabase database, SimNetwork network, SimRedis redis, IReadOnlyList<SimReplica> all, TimeSpan clockOffset, string? reusedName)
    {
        Number = number;
        _time = time;
        Clock = time.ClockOf(this, clockOffset);
        var options = new ReplicaOptions { Lease = World.Lease, PropagationWait = TimeSpan.FromSeconds(2), FloorCapacity = 1, Generations = "0" };
        var store = new SimStore(database, network, this);
        _belief = new Belief(reusedName is null ? Incarnations.New(options, Clock) : new(reusedName, new Lease(options.Lease, Clock), new Floors(1)));
        var incarnations = new Incarnations(_belief, options, Clock);
        var signal = new FeedSignal();
        Nudges = new Nudges(_belief, signal, redis.ChannelFor(all), SimKeys.MasterKeys);
        var clock = new DatabaseClock(Clock);
        Table = new ReplicaTable(store, clock, Clock);
        var values = new RedisKeyCache(redis.ValuesFor(this), _belief, SimKeys.MasterKeys, Metrics);
        Propagation = new Propagation(
            Table, clock, _belief, incarnations, redis.ChangedKeysFor(values), Nudges, options, SimKeys.MasterKeys, Clock, Metrics, NullLogger<Propagation>.Instance);
        var generations = new Generations(store, SimKeys.MasterKeys, _belief, options, NullLogger<Generations>.Instance);
        var cycle = new FeedCycle(store, _belief, incarnations, generations, clock, options, Clock, Metrics, NullLogger<FeedCycle>.Instance);
        _feed = new FeedLoop(cycle, signal, Table, _belief, store, Clock, Metrics, NullLogger<FeedLoop>.Instance);
        _lookup = new KeyLookup(
            new MemoryKeyCache(LookupOptions), values,
            new KeySource(store, _belief, new ReadGate(Clock), Metrics), _belief, new Freshness(_belief, signal, SimKeys.MasterKeys, Clock),
            LookupOptions, Clock, Metrics);
    }

    public int Number { get; }

    public TimeProvider Clock { get; }

    public Nudges Nudges { get; }

    public ReplicaTable Table { get; }

    public Propagation Propagation { get; }

    /// <summary>Before a change reads.</summary>
    public ReadMark Mark() => _belief.Mark();

    /// <summary>It is about to renew the epoch: it found that the database went back.</summary>
    public Action OnRenewal { get; init; } = () => { };

    public bool IsDead { get; set; }

    public bool IsCutOff { get; set; }

    public bool IsCycling { get; private set; }

    public string Name => _belief.Current.ReplicaId;

    public bool IsAwake => !IsDead && _time.Now >= _asleepUntil;

    /// <summary>For who reads what happened.</summary>
    public string Describe() =>
        $"{_belief.Current.ReplicaId[..4]} horizon {_belief.Current.Horizon}, ticket {_belief.Current.Ticket}, base {_belief.Current.Floors.HasBase}, lease left {_belief.Current.Lease.Left(Moment.Now(Clock)).TotalSeconds:F1} s";

    public void Sleep(TimeSpan span) => _asleepUntil = _time.Now + span;

    public async Task CycleAsync()
    {
        IsCycling = true;
        await _feed.CycleAsync(CancellationToken.None);
        IsCycling = false;
    }

    /// <summary>One validation; whether memory knew the answer is told too.</summary>
    /// <returns>The key found; null for none.</returns>
    public async Task<CachedKey?> FindAsync(int key, int secret, string consistencyToken)
    {
        var arrival = Moment.Now(Clock);
        var budget = new CallBudget(arrival.Timestamp, DateTime.MaxValue, arrival.Utc);
        if (consistencyToken.Length > 0) await _lookup.EnsureFreshAsync(consistencyToken, budget, CancellationToken.None);
        return (await _lookup.FindAsync(SimKeys.TextOf(key, secret), SimKeys.DigestOf(key, secret), SimKeys.Master, budget, CancellationToken.None)).Key;
    }
}
