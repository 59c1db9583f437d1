using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>
/// Writers that switch keys of their own on and off, and validators that ask every replica for all of them. It goes on until so many
/// changes were made and the fault, which runs beside it, is over.
/// </summary>
internal sealed class ClusterLoad(ClusterRig rig, OperationLog log, Seeded random)
{
    private static readonly TimeSpan EndBound = TimeSpan.FromMinutes(5);

    private readonly ChangeCounter _counter = new();
    private readonly RecentChanges _recent = new();
    private readonly List<LoadKey> _keys = [];
    private volatile bool _isOver;

    /// <summary>How often each writer begins a change; zero: as soon as it has the answer to the last one.</summary>
    public TimeSpan ChangeInterval { get; init; }

    /// <summary>
    /// How often each validator sends a request; zero: as soon as it has an answer. Without a pause, validations take the processors that
    /// changes need, and most of them are for a key that did not change since the last one.
    /// </summary>
    public TimeSpan ValidateInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    public IReadOnlyList<LoadKey> Keys => _keys;

    public int Changes => _counter.Count;

    /// <summary>As many new keys as the writers switch; nothing may be broken yet.</summary>
    public async Task CreateKeysAsync()
    {
        var workspace = $"w-{Guid.NewGuid():N}";
        var client = new RecordedClient("creator", rig, log);
        for (var i = 0; i < LoadSettings.Writers * LoadSettings.KeysPerWriter; i++)
            _keys.Add(await client.CreateAsync(i % ClusterRig.Replicas, workspace, $"key {i}") ?? throw new InvalidOperationException("CreateKey failed."));
    }

    /// <summary>Those of an earlier load.</summary>
    public void UseKeys(IEnumerable<LoadKey> keys) => _keys.AddRange(keys);

    /// <param name="changes">At least so many.</param>
    /// <param name="fault">Runs beside them and ends healed.</param>
    public async Task RunAsync(int changes, Func<ClusterLoad, Task> fault)
    {
        var running = new List<Task>();
        for (var i = 0; i < LoadSettings.Writers; i++)
        {
            var own = _keys.GetRange(i * LoadSettings.KeysPerWriter, LoadSettings.KeysPerWriter);
            var metronome = Spread(ChangeInterval, i, LoadSettings.Writers);
            var writer = new Writer(new RecordedClient($"writer {i}", rig, log), own, _recent, metronome, random.Split());
            running.Add(Task.Run(() => writer.RunAsync(_counter, () => _isOver)));
        }

        var validators = LoadSettings.ValidatorsPerReplica * ClusterRig.Replicas;
        for (var i = 0; i < validators; i++)
        {
            var (client, metronome) = (new RecordedClient($"validator {i}", rig, log), Spread(ValidateInterval, i, validators));
            var validator = new Validator(client, i % ClusterRig.Replicas, _keys, _recent, metronome, random.Split());
            running.Add(Task.Run(() => validator.RunAsync(() => _isOver)));
        }

        try
        {
            await fault(this).WaitAsync(EndBound);
            await _counter.ReachAsync(changes).WaitAsync(EndBound);
        }
        finally
        {
            _isOver = true;
            await Task.WhenAll(running).WaitAsync(EndBound);
        }
    }

    /// <summary>When so many more changes were answered; or when nobody makes them any more, after <paramref name="atMost"/>.</summary>
    public async Task MoreChangesAsync(int count, TimeSpan atMost)
    {
        try
        {
            await _counter.ReachAsync(Changes + count).WaitAsync(atMost);
        }
        catch (TimeoutException)
        {
            // What is broken keeps them from it.
        }
    }

    private static Metronome Spread(TimeSpan interval, int number, int count) => new(interval, interval * number / count);
}
