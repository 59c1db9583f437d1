using System.Diagnostics;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>Promise 5, where no statement is answered: what a replica knows holds for the rest of its lease, and nothing after.</summary>
/// <param name="Replica">The one that is cut off; null: all of them.</param>
internal sealed class Outage(int? Replica)
{
    /// <summary>How long an outage lasts: a lease, and then time for everyone whose last call before its end waits for a deadline of 1 s to ask again.</summary>
    public static readonly TimeSpan LongerThanALease = DatabaseSpeed.Longer(TimeSpan.FromSeconds(6), connections: 8);

    /// <summary>Of a lease of 3 s a replica answers for nine tenths, and has at least one second less of it at any time.</summary>
    private static readonly long Known = Stopwatch.Frequency * 3 / 2;

    private static readonly long Lease = Stopwatch.Frequency * 3;

    /// <summary>Until the fault is heard of, and what was answered before is on its way.</summary>
    private static readonly long Begin = MonotonicClock.Ticks(DatabaseSpeed.Longer(TimeSpan.FromMilliseconds(250), connections: 1));

    /// <summary>Until who was changed is known again: everyone hears of it, and somebody asks.</summary>
    private static readonly long JustBefore = Stopwatch.Frequency / 50;

    public long From { get; private set; }

    public long Until { get; private set; }

    public void Begins() => From = MonotonicClock.Now;

    public void Ends() => Until = MonotonicClock.Now;

    /// <summary>
    /// Of validations asked in the first part of the outage, for keys that nobody was changing when it began: who asks for one that is not known then
    /// waits for its deadline. Not all of the others: one may have been changed just before, and was not asked for since.
    /// </summary>
    public void ShouldAnswerFromWhatIsKnown(IReadOnlyList<Operation> operations)
    {
        var changing = operations.Where(operation => operation.Kind == OperationKind.SetStatus && operation.Invoked < From + Begin && operation.Ended > From - JustBefore)
            .Select(operation => operation.KeyId).ToHashSet(StringComparer.Ordinal);
        var asked = Asked(operations, operation => operation.Invoked > From + Begin && operation.Invoked < From + Known && !changing.Contains(operation.KeyId));
        asked.Count.ShouldBeGreaterThan(100, "validations within the lease");
        asked.Count(operation => operation.IsOk).ShouldBeGreaterThan(asked.Count * 4 / 5, $"of {asked.Count} validations");
    }

    public void ShouldAnswerNothingAfterTheLease(IReadOnlyList<Operation> operations)
    {
        var asked = Asked(operations, operation => operation.Invoked > From + Lease && operation.Invoked < Until);
        asked.ShouldNotBeEmpty("validations after the lease");
        asked.FindAll(operation => operation.IsOk && operation.Ended < Until).ShouldBeEmpty($"of {asked.Count} validations");
    }

    private List<Operation> Asked(IReadOnlyList<Operation> operations, Func<Operation, bool> then) =>
        [.. operations.Where(operation => operation.Kind == OperationKind.Validate && (Replica ?? operation.Replica) == operation.Replica && then(operation))];
}
