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
    private static readonly long Begin = (long)(DatabaseSpeed.Longer(TimeSpan.FromMilliseconds(250), connections: 1).TotalSeconds * Stopwatch.Frequency);

    /// <summary>After the answer to a change, until every replica has been told of it and asks the database again.</summary>
    private static readonly long JustBefore = Stopwatch.Frequency / 50;

    public long From { get; private set; }

    public long Until { get; private set; }

    public void Begins() => From = MonotonicClock.Now;

    public void Ends() => Until = MonotonicClock.Now;

    /// <summary>
    /// Of validations asked in the first part of the outage, for keys that the replica knew when it began: a validation before succeeded there after
    /// the last change was answered. Others are read from the database, and such a call waits for its deadline.
    /// </summary>
    public void ShouldAnswerFromWhatIsKnown(IReadOnlyList<Operation> operations)
    {
        var known = KnownWhenItBegan(operations);
        var asked = Asked(operations, operation =>
            operation.Invoked > From + Begin && operation.Invoked < From + Known && known.Contains((operation.Replica, operation.KeyId)));
        asked.ShouldNotBeEmpty("validations within the lease");
        asked.Count(operation => operation.IsOk).ShouldBeGreaterThan(asked.Count * 4 / 5, $"of {asked.Count} validations");
    }

    private HashSet<(int Replica, string Key)> KnownWhenItBegan(IReadOnlyList<Operation> operations)
    {
        var changed = operations.Where(operation => operation.Kind == OperationKind.SetStatus && operation.Invoked < From + Begin)
            .GroupBy(operation => operation.KeyId, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Max(operation => operation.Ended), StringComparer.Ordinal);
        return operations.Where(operation =>
                operation is { Kind: OperationKind.Validate, IsOk: true } && operation.Ended < From
                && operation.Invoked > changed.GetValueOrDefault(operation.KeyId) + JustBefore)
            .Select(operation => (operation.Replica, operation.KeyId)).ToHashSet();
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
