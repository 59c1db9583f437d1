using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Tests.History;

/// <summary>Many right histories, in which the checker finds nothing; then with one answer made wrong, in which it must.</summary>
public sealed class DamagedHistoryTests(ITestOutputHelper output)
{
    private const int Histories = 300;

    [Fact]
    public void Nothing_is_found_in_a_right_history()
    {
        var random = Seeded.New(output.WriteLine);
        for (var i = 0; i < Histories; i++) HistoryChecker.Check(Simulate(random), SimulatedStore.Faults).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("the older record after it was settled")]
    [InlineData("the other verdict")]
    [InlineData("not found")]
    [InlineData("unavailable at a replica without fault")]
    [InlineData("back in time")]
    [InlineData("an early effective_time")]
    [InlineData("a forgotten change")]
    public void One_wrong_answer_is_found(string damage)
    {
        var random = Seeded.New(output.WriteLine);
        var damaged = 0;
        for (var i = 0; i < Histories; i++)
        {
            var history = Simulate(random);
            if (!TryDamage(history, damage, random)) continue;
            damaged++;
            HistoryChecker.Check(history, SimulatedStore.Faults).ShouldNotBeEmpty($"history {i}");
        }

        output.WriteLine($"{damaged} of {Histories} histories damaged");
        damaged.ShouldBeGreaterThan(Histories / 2);
    }

    private static List<Operation> Simulate(Seeded random) => new SimulatedStore(random).Run("key_1");

    /// <summary>Makes one operation wrong for certain; false when the history offers no such place.</summary>
    private static bool TryDamage(List<Operation> history, string damage, Seeded random)
    {
        var places = new List<(int At, Operation Wrong)>();
        for (var i = 0; i < history.Count; i++)
        {
            if (Wrong(history, history[i], damage) is { } wrong) places.Add((i, wrong));
        }

        if (places.Count == 0) return false;
        var (at, made) = places[random.Below(places.Count)];
        history[at] = made;
        return true;
    }

    private static Operation? Wrong(List<Operation> history, Operation operation, string damage) => (damage, operation.Kind) switch
    {
        ("the older record after it was settled", OperationKind.Validate) => OlderThanSettled(history, operation),
        // The only one to name a lost change may say of it what it likes.
        ("the other verdict", OperationKind.Validate) when history.Count(o => o.Revision == operation.Revision) > 1 => operation with
        {
            Verdict = operation.Verdict == Verdict.Valid ? Verdict.Disabled : Verdict.Valid,
            Status = operation.Verdict == Verdict.Valid ? KeyStatus.Disabled : KeyStatus.Enabled,
        },
        ("not found", OperationKind.Validate) => operation with { Verdict = Verdict.NotFound, Status = KeyStatus.Unspecified, Revision = 0 },
        ("unavailable at a replica without fault", OperationKind.Validate) when operation.Replica != 0 =>
            operation with { Outcome = Outcome.Unknown, Error = StatusCode.Unavailable },
        ("back in time", OperationKind.Validate) => BackInTime(history, operation),
        ("an early effective_time", OperationKind.SetStatus) => TooEarly(history, operation),
        ("a forgotten change", OperationKind.Validate) => Forgotten(history, operation),
        _ => null,
    };

    /// <summary>A change that had been settled when the call was made, answered from the record before it.</summary>
    private static Operation? OlderThanSettled(List<Operation> history, Operation answer)
    {
        var settled = history.FindLast(o => o.Kind == OperationKind.SetStatus && o.SettledAt < answer.Invoked);
        if (settled is null) return null;
        var before = history.FindLast(o => o.Kind == OperationKind.Validate && o.Revision < settled.Revision);
        return before is null ? null : Like(answer, before);
    }

    private static Operation? BackInTime(List<Operation> history, Operation answer)
    {
        var before = history.Find(o => o.Kind == OperationKind.Validate && o.Client == answer.Client && o.Ended < answer.Invoked && o.Revision < answer.Revision);
        var between = history.Exists(o => o.Kind == OperationKind.Validate && o.Client == answer.Client && before is not null
            && o.Invoked > before.Ended && o.Ended < answer.Invoked && o.Revision > before.Revision);
        return before is null || !between ? null : Like(answer, before);
    }

    /// <summary>Said to hold from a moment after which a replica still answered from the older record.</summary>
    private static Operation? TooEarly(List<Operation> history, Operation change)
    {
        if (!change.IsOk) return null;
        var late = history.FindLast(o => o.Kind == OperationKind.Validate && o.Invoked > change.Invoked && o.Revision < change.Revision);
        return late is null ? null : change with { EffectiveAt = late.Invoked - 1 };
    }

    /// <summary>A revision below what was first acknowledged, with the right status: from no change at all.</summary>
    private static Operation? Forgotten(List<Operation> history, Operation answer)
    {
        var acknowledged = history.Exists(o => o.Kind == OperationKind.SetStatus && o.IsOk && o.Revision == answer.Revision);
        // A change whose answer was lost may have any revision, and may have been seen by this call.
        var mayBeLost = history.Exists(o => o.Kind == OperationKind.SetStatus && !o.IsOk && o.Status == answer.Status && o.Invoked <= answer.Ended);
        return acknowledged && !mayBeLost ? answer with { Revision = answer.Revision + 100_000 } : null;
    }

    private static Operation Like(Operation answer, Operation other) =>
        answer with { Verdict = other.Verdict, Status = other.Status, Revision = other.Revision };
}
