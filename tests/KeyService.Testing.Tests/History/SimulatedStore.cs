using System.Diagnostics;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Tests.History;

/// <summary>
/// A store that keeps the promises, on a clock of its own: a change is made at a moment within its call, each replica learns of it later, and
/// COMPLETE is said when all have. Its histories are right, whatever the seed.
/// </summary>
internal sealed class SimulatedStore(Seeded random)
{
    private const int Replicas = 3;
    private const int ValidatorsPerReplica = 2;
    private const int Changes = 40;

    private readonly List<Operation> _operations = [];
    private readonly List<Record> _records = [];
    private long _revision = 100;

    /// <summary>A fault that excuses lost answers: it lasts as long as the history.</summary>
    public static IReadOnlyList<FaultWindow> Faults => [new("lost answers", 0, 0, Operation.Never)];

    /// <summary>One key.</summary>
    public List<Operation> Run(string keyId)
    {
        _records.Add(new(KeyStatus.Enabled, _revision, [0, 0, 0]));
        _operations.Add(Begin(keyId, "writer", 0, OperationKind.Create, 0) with { Ended = Ms(1), Outcome = Outcome.Ok, Status = KeyStatus.Enabled });
        var end = Write(keyId);
        for (var i = 0; i < Replicas * ValidatorsPerReplica; i++) Validate(keyId, $"validator {i}", i % Replicas, end);
        return _operations;
    }

    private long Write(string keyId)
    {
        var now = Ms(2);
        var wanted = KeyStatus.Disabled;
        for (var i = 0; i < Changes; i++)
        {
            now += Ms(1 + random.Below(20));
            var lost = random.Below(8) == 0;
            var operation = Begin(keyId, "writer", 0, OperationKind.SetStatus, now) with { Status = wanted };
            var made = now + Ms(1 + random.Below(5));
            var isDone = !lost || random.Below(2) == 0;
            var record = isDone ? Make(wanted, made) : _records[^1];
            now = made + Ms(1 + random.Below(30));
            var knownByAll = record.KnownFrom.Max();
            _operations.Add(lost ? operation with { Ended = now, Error = StatusCode.Unavailable } : operation with
            {
                Ended = now,
                Outcome = Outcome.Ok,
                Revision = record.Revision,
                Propagation = knownByAll < now ? PropagationState.Complete : PropagationState.Pending,
                EffectiveAt = knownByAll + Ms(random.Below(50)),
            });
            // A lost one is asked for again.
            if (!lost) wanted = wanted == KeyStatus.Enabled ? KeyStatus.Disabled : KeyStatus.Enabled;
        }

        return now;
    }

    private Record Make(KeyStatus status, long at)
    {
        // The repetition of a lost change that was done finds it done.
        if (_records[^1].Status == status) return _records[^1];
        _revision += 1 + random.Below(9);
        var known = new long[Replicas];
        // In order: a replica that knows a change knows those before it.
        for (var i = 0; i < Replicas; i++) known[i] = Math.Max(at, _records[^1].KnownFrom[i]) + Ms(random.Below(40));
        _records.Add(new(status, _revision, known));
        return _records[^1];
    }

    private void Validate(string keyId, string client, int replica, long end)
    {
        for (var now = Ms(2 + random.Below(5)); now < end; now += Ms(1 + random.Below(15)))
        {
            var answeredAt = now + Ms(random.Below(4));
            var record = _records.Last(candidate => candidate.KnownFrom[replica] <= answeredAt);
            var verdict = record.Status == KeyStatus.Enabled ? Verdict.Valid : Verdict.Disabled;
            var ended = answeredAt + Ms(random.Below(4));
            _operations.Add(Begin(keyId, client, replica, OperationKind.Validate, now) with
            {
                Ended = ended, Outcome = Outcome.Ok, Verdict = verdict, Status = record.Status, Revision = record.Revision,
            });
            now = ended;
        }
    }

    private static long Ms(int milliseconds) => milliseconds * (Stopwatch.Frequency / 1_000);

    private static Operation Begin(string keyId, string client, int replica, OperationKind kind, long at) =>
        new() { Client = client, Replica = replica, Kind = kind, KeyId = keyId, Invoked = at };

    /// <param name="Status">The key's.</param>
    /// <param name="Revision">Its number.</param>
    /// <param name="KnownFrom">For each replica, from when on it answers from this.</param>
    private sealed record Record(KeyStatus Status, long Revision, long[] KnownFrom);
}
