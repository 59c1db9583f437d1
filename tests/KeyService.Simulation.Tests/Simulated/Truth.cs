using System.Globalization;
using KeyService.Server.Lookup;

namespace KeyService.Simulation.Tests.Simulated;

/// <summary>What was promised, and every answer held against it.</summary>
internal sealed class Truth
{
    private readonly List<Promise> _promises = [];
    private readonly Dictionary<(int Replica, int Key), List<(Call Call, long Serial, long Answered, long Revision)>> _answers = [];
    private long _now;

    /// <summary>The first answer that breaks a promise; null as long as there is none.</summary>
    public string? Violation { get; private set; }

    public int Promises => _promises.Count;

    public int Hits { get; private set; }

    /// <summary>A replica takes a database that is as it was for one that went back: nothing wrong is answered, and no change is COMPLETE.</summary>
    public void FalseAlarm(string what)
    {
        if (!ForgivesFalseAlarms) Violation ??= what;
    }

    /// <summary>For a rule without which an answer must break a promise.</summary>
    public bool ForgivesFalseAlarms { get; set; }

    /// <summary>Orders everything that happens.</summary>
    public long Tick() => ++_now;

    /// <summary>From now on, or from a time by the database's clock, no replica answers from before this version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">What is known from then on.</param>
    /// <param name="history">How often the database had gone back.</param>
    /// <param name="from">Null: from now on. A time may have passed already: then it is true of the answers since.</param>
    public void Promised(int key, Version version, int history, DateTimeOffset? from)
    {
        var promise = new Promise(key, version, history, Tick(), from);
        _promises.Add(promise);
        foreach (var ((_, answered), answers) in _answers)
        {
            if (answered != key) continue;
            foreach (var answer in answers) Compare(answer.Call, answer.Serial, promise);
        }
    }

    /// <summary>The database went back: what it lost was not promised, and may be answered until it is noticed.</summary>
    /// <param name="rows">As they are now.</param>
    public void Forget(IReadOnlyList<Version> rows)
    {
        _promises.RemoveAll(promise => promise.Version.Serial > rows[promise.Key].Serial);
        _answers.Clear();
    }

    /// <param name="call">The call.</param>
    /// <param name="found">The key that it found.</param>
    /// <param name="epoch">The database's history: a replica that has not noticed a restore may go back with the database.</param>
    public void Answered(in Call call, CachedKey found, string epoch)
    {
        Hits++;
        var serial = SimStore.SerialOf(found);
        if (call.AtLeast > serial) Break(call, serial, $"version {call.AtLeast} was asked for by its token");
        foreach (var promise in _promises) Compare(call, serial, promise);
        if (found.Mark.Reader?.Epoch?.Id == epoch) GoesForward(call, found.Revision, serial);
    }

    private void GoesForward(in Call call, long revision, long serial)
    {
        if (!_answers.TryGetValue((call.Replica, call.Key), out var answers)) _answers[(call.Replica, call.Key)] = answers = [];
        foreach (var (earlier, _, answered, before) in answers)
        {
            if (answered < call.Invoked && earlier.History == call.History && before > revision) Break(call, serial, $"this replica answered revision {before} before");
        }

        answers.Add((call, serial, Tick(), revision));
        if (answers.Count > 32) answers.RemoveAt(0);
    }

    private void Compare(in Call call, long serial, Promise promise)
    {
        var inTime = promise.From is { } from ? call.InvokedAt >= from : promise.Made < call.Invoked;
        if (promise.Key == call.Key && inTime && serial < promise.Version.Serial)
            Break(call, serial, $"version {promise.Version.Serial} was promised by {(promise.From is null ? "COMPLETE" : "effective time")}");
    }

    private void Break(in Call call, long serial, string why) =>
        Violation ??= $"replica {call.Replica} answered version {serial} of key {call.Key} to a call invoked at {call.InvokedAt:HH:mm:ss.fff}, but {why}";

    private sealed record Promise(int Key, Version Version, int History, long Made, DateTimeOffset? From);
}

/// <summary>A validation.</summary>
/// <param name="Replica">Which process.</param>
/// <param name="Key">Which key.</param>
/// <param name="Invoked">When, in the order of everything.</param>
/// <param name="InvokedAt">When, by the database's clock.</param>
/// <param name="History">How often the database had gone back.</param>
/// <param name="AtLeast">The version whose token it carries; 0 for none.</param>
internal readonly record struct Call(int Replica, int Key, long Invoked, DateTimeOffset InvokedAt, int History, long AtLeast);
