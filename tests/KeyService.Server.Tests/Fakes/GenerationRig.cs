using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Keys;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Fakes;

/// <summary>A process that knows generations 3, 2 and 1, on a store that others may share, in fake time. It has a lease, and its row is there.</summary>
internal sealed class GenerationRig
{
    /// <summary>Newest first.</summary>
    public static readonly MasterKey[] Known = [PinnedKey.Derive('3', 3), PinnedKey.Derive('2', 2), PinnedKey.Derive('1', 1)];

    public GenerationRig(FakeReplicationStore? store = null, TimerWatch? time = null, params MasterKey[] keys)
    {
        Time = time ?? new(Samples.Now);
        Store = store ?? new();
        MasterKeys = new(keys.Length > 0 ? keys : Known[1..]);
        var options = new ReplicaOptions();
        Belief = new Belief(Samples.Standing(Time));
        Belief.Current.IsRegistered = true;
        Incarnations = new Incarnations(Belief, options, Time);
        Generations = new Generations(Store, MasterKeys, Belief, options, NullLogger<Generations>.Instance);
        Rollout = new GenerationRollout(
            Store, new ReplicaTable(Store, new DatabaseClock(Time), Time), MasterKeys, Generations, Belief, Incarnations, options, Time,
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), Log);
    }

    public TimerWatch Time { get; }

    public FakeReplicationStore Store { get; }

    public MasterKeys MasterKeys { get; }

    public Belief Belief { get; }

    public Incarnations Incarnations { get; }

    public Generations Generations { get; }

    public GenerationRollout Rollout { get; }

    public Lines Log { get; } = new();

    public char Active => MasterKeys.Current.Generation;

    public string Stored
    {
        get
        {
            lock (Store.Fingerprints) return string.Concat(Store.Fingerprints.Select(row => row.Generation));
        }
    }

    /// <summary>There may be keys of these.</summary>
    public void StoreHas(params MasterKey[] keys) => Store.Fingerprints.AddRange(keys.Select(Generations.RowOf));

    /// <summary>The own row lists all that this process knows; the others, in <paramref name="others"/>, what is said.</summary>
    public ReplicaLook Look(params string[] others) => new(
        0, Samples.Epoch, Time.GetUtcNow(),
        [Row(Belief.Current.ReplicaId, string.Concat(MasterKeys.All.Select(key => key.Generation))), .. others.Select((known, i) => Row($"other{i}", known))]);

    /// <summary>Answers the next look at the table.</summary>
    public async Task AnswerAsync(ReplicaLook look)
    {
        var pending = await Store.Looks.NextAsync();
        // As long as two looks are apart, so that the next does not wait.
        Time.Advance(TimeSpan.FromMilliseconds(10));
        pending.Answers(look);
    }

    /// <summary>A round in which each look finds the same.</summary>
    public async Task RunAsync(params ReplicaLook[] looks)
    {
        var count = Store.Looks.Count;
        var round = Rollout.RunAsync(CancellationToken.None);
        foreach (var look in looks) await AnswerAsync(look);
        await round;
        (Store.Looks.Count - count).ShouldBe(looks.Length);
    }

    public static ReplicaRow Row(string id, string generations) => new()
    {
        ReplicaId = id, Beat = 1, Ticket = 1, Horizon = 0, LeaseMilliseconds = 30_000, Generations = generations, Address = "", StartTime = Samples.Now,
    };

    internal sealed class Lines : ILogger<GenerationRollout>
    {
        public List<string> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Told.Add(formatter(state, exception));
    }
}
