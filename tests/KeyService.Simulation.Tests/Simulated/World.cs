using KeyService.Server.Keys;
using KeyService.Server.Replication;

namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Three replicas, a database and Redis, in one seeded interleaving of all that may happen.</summary>
internal sealed class World
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    /// <summary>Whoever sleeps or is cut off for so long comes back to another world.</summary>
    private static readonly TimeSpan LongOutage = TimeSpan.FromHours(1);

    private const int Replicas = 3;
    private const int MostSteps = 100_000;

    private readonly Dice _random;
    private readonly SimTime _time = new();
    private readonly SimScheduler _scheduler = new();
    private readonly SimNetwork _network = new();
    private readonly SimDatabase _database;
    private readonly SimRedis _redis;
    private readonly List<SimReplica> _replicas = [];
    private readonly List<(int Key, Version Version, string Token, int History)> _tokens = [];
    private readonly Truth _truth = new();
    private readonly Action<string>? _tell;
    private readonly bool _isYoung;
    private int _started;

    /// <param name="seed">Decides everything.</param>
    /// <param name="tell">Takes what happens, for who wants to read it; null for none.</param>
    public World(int seed, Action<string>? tell = null)
    {
        _tell = tell;
        _random = new Dice(seed);
        _database = new(_time, isSqlServer: _random.Next(2) == 0);
        _database.IsAtWork = name => _replicas.Exists(replica => !replica.IsDead && replica.Name == name);
        _redis = new(_network, _random);
        // In some worlds processes die young, the next ones begin slowly and find what is old in Redis, and are asked more often than they look.
        _isYoung = _random.Next(2) == 0;
        for (var i = 0; i < Replicas; i++) _replicas.Add(Start(reusedName: null));
    }

    public Truth Truth => _truth;

    /// <returns>What went wrong; null when nothing did.</returns>
    public string? Run(int steps)
    {
        if (steps > MostSteps) throw new ArgumentOutOfRangeException(nameof(steps));
        for (var i = 0; i < steps && _truth.Violation is null; i++)
        {
            Happen();
            _scheduler.Drain();
        }

        return _truth.Violation;
    }

    private void Happen()
    {
        var replica = _replicas[_random.Next(Replicas)];
        switch (_random.Next(1_000))
        {
            case < 130: Advance(); break;
            case < 530: Deliver(); break;
            case < 560: Cycle(replica); break;
            case < 620 when !_isYoung: Cycle(replica); break;
            case < 820: Validate(replica); break;
            case < 860: Write(replica); break;
            case < 890: Commit(); break;
            case < 915: Show(); break;
            case < 935: Reap(replica); break;
            case < 943: Sleep(replica); break;
            case < 950: Cut(replica); break;
            case < 955: Crash(replica); break;
            case < 961: _redis.Save(); break;
            case < 966: _redis.RollBack(); break;
            case < 970: _redis.Empty(); break;
            case < 976: _redis.Forge(); break;
            case < 979: _database.Save(); break;
            case < 981: Restore(); break;
            case < 989 when _isYoung: Crash(replica); break;
            default: Heal(); break;
        }
    }

    private void Advance()
    {
        _time.Advance(_random.Next(2_000) == 0 ? LongOutage : _random.Next(20) == 0 ? Span(500, 3_000) : Span(1, 120));
        _database.ShowWhatMustBeSeen();
    }

    private void Deliver()
    {
        for (var messages = _random.Next(1, 12); messages > 0 && _network.Step(_random); messages--) _scheduler.Drain();
    }

    private void Cycle(SimReplica replica)
    {
        if (!replica.IsAwake || replica.IsCycling) return;
        Tell(replica, "cycle begins");
        _scheduler.Run(async () =>
        {
            await replica.CycleAsync();
            Tell(replica, $"cycle over: {replica.Describe()}");
        });
    }

    private void Reap(SimReplica replica)
    {
        if (replica.IsAwake) _scheduler.Run(() => Quietly(() => replica.Table.ReapAsync(CancellationToken.None)));
    }

    private void Validate(SimReplica replica)
    {
        if (!replica.IsAwake) return;
        var (key, secret) = (_random.Next(SimKeys.Keys), _random.Next(SimKeys.Secrets));
        var token = _tokens.Count > 0 && _random.Next(8) == 0 ? _tokens[_random.Next(_tokens.Count)] : default;
        var fresh = token.Token is not null && token.History == _database.History;
        if (fresh) key = token.Key;
        var call = new Call(replica.Number, key, _truth.Tick(), _database.Time, _database.History, fresh ? token.Version.Serial : 0);
        _scheduler.Run(() => Quietly(async () =>
        {
            var found = await replica.FindAsync(key, secret, fresh ? token.Token! : "");
            Tell(replica, $"call {call.Invoked} for key {key} secret {secret} finds {(found is null ? "nothing" : $"revision {found.Revision} version {SimStore.SerialOf(found)}, read at horizon {found.Mark.Horizon}")}");
            // A restore between voids the token, and what was known before.
            if (found is not null && call.History == _database.History) _truth.Answered(call, found, _database.Epoch.Id);
            else if (found is not null) _truth.Answered(call with { AtLeast = 0 }, found, _database.Epoch.Id);
        }));
    }

    private void Write(SimReplica replica)
    {
        var key = _random.Next(SimKeys.Keys);
        if (!replica.IsAwake || replica.IsCutOff || _database.IsBusy(key)) return;
        _scheduler.Run(() => Quietly(() => WriteAsync(replica, key)));
    }

    private async Task WriteAsync(SimReplica replica, int key)
    {
        await _network.Outside();
        if (_database.IsBusy(key)) return;
        var mark = replica.Mark();
        var change = _database.Begin(key, _random);
        await change.Committed.Task;
        var history = _database.History;
        var version = _database.Rows[key];
        // The acknowledgement may be lost: then nobody was promised anything.
        await _network.Arrival(replica);
        if (replica.IsCutOff) return;

        Tell(replica, $"change {version} of key {key} is acknowledged");
        var changed = new ChangedKey(SimStore.RowOf(key, version).ToRecord(), [SimKeys.DigestOf(key, version.Secret)], mark);
        var report = await replica.Propagation.WaitAsync(changed, Span(0, 4_000), DateTime.MaxValue);
        Tell(replica, $"change {version.Serial} is {(report.Complete ? "COMPLETE" : $"PENDING until {report.EffectiveTime - SimTime.Start}")}");
        if (history != _database.History) return;
        // Beyond the lease and the margin: for who may be at work though the database has lost its row.
        var doubt = report.EffectiveTime - _database.Time - Lease - TimeSpan.FromSeconds(1);
        if (!report.Complete && report.ConsistencyToken.Length > 0 && doubt > TimeSpan.Zero && !_database.HasLostRows)
            _truth.FalseAlarm($"replica {replica.Number} doubts for {doubt.TotalSeconds:F1} s more who is at work after version {version.Serial}, and no row was lost");
        if (report.Complete) _truth.Promised(key, version, history, from: null);
        _truth.Promised(key, version, history, report.EffectiveTime);
        if (report.ConsistencyToken.Length > 0) _tokens.Add((key, version, report.ConsistencyToken, history));
    }

    private void Commit()
    {
        if (_database.Active.Count > 0) _database.Commit(_database.Active[_random.Next(_database.Active.Count)]);
    }

    private void Show()
    {
        if (_database.Unlisted.Count > 0) _database.List(_database.Unlisted[_random.Next(_database.Unlisted.Count)]);
        if (_database.Hidden.Count > 0) _database.Show(_database.Hidden[_random.Next(_database.Hidden.Count)]);
    }

    private void Sleep(SimReplica replica)
    {
        var span = Span(100, 12_000);
        Tell(replica, $"sleeps {span.TotalMilliseconds} ms");
        replica.Sleep(span);
    }

    private void Cut(SimReplica replica)
    {
        replica.IsCutOff = !replica.IsCutOff;
        Tell(replica, replica.IsCutOff ? "is cut off" : "is back");
    }

    private void Tell(SimReplica? replica, string what)
    {
        if (_tell is not null) _tell(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_time.Now.TotalSeconds,8:F3} {(replica is null ? "" : $"replica {replica.Number}: ")}{what}"));
    }

    private void Crash(SimReplica replica)
    {
        Tell(replica, "dies");
        replica.IsDead = true;
        // Where names are not fresh, a new process takes over the name of the old one.
        var next = Start(Server.Replication.Rules.FreshName ? null : replica.Name);
        _replicas[_replicas.IndexOf(replica)] = next;
        if (!_isYoung) return;
        // It ended in order, so that changes need not wait for it.
        _database.Replicas.Remove(replica.Name);
        Cycle(next);
        _network.Slow = next;
        _redis.IsReadOnly = true;
    }

    private void Restore()
    {
        if (!_database.Restore()) return;
        Tell(null, "the database goes back");
        _truth.Forget(_database.Rows);
    }

    private void Heal()
    {
        _network.Slow = null;
        _redis.IsReadOnly = false;
        foreach (var replica in _replicas)
        {
            replica.IsCutOff = false;
            replica.Sleep(TimeSpan.Zero);
        }
    }

    private SimReplica Start(string? reusedName)
    {
        var offset = (_started % Replicas) == 2 ? TimeSpan.FromMinutes(_random.Next(-10, 11)) : TimeSpan.Zero;
        return new(++_started, _time, _database, _network, _redis, _replicas, offset, reusedName) { OnRenewal = FoundRestored };
    }

    private void FoundRestored()
    {
        if (_database.History == 0) _truth.FalseAlarm("a replica renews the epoch of a database that never went back");
    }

    private TimeSpan Span(int leastMilliseconds, int mostMilliseconds) => TimeSpan.FromMilliseconds(_random.Next(leastMilliseconds, mostMilliseconds + 1));

    /// <summary>A call that fails has said nothing.</summary>
    private static async Task Quietly(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException)
        {
        }
    }
}
