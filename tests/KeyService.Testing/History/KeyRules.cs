using KeyService.Contracts.V1;

namespace KeyService.Testing.History;

/// <summary>The rules about what is answered for one key: I1 to I4, and I5's half that the database keeps what it acknowledged.</summary>
internal sealed class KeyRules
{
    private readonly List<Operation> _operations;
    private readonly List<Operation> _changes = [];
    private readonly Dictionary<long, Operation> _byRevision = [];
    private readonly Dictionary<long, KeyStatus> _said = [];
    private readonly RevisionSource _source;

    /// <param name="operations">All of the key, by the time they were invoked.</param>
    public KeyRules(List<Operation> operations)
    {
        _operations = operations;
        foreach (var operation in operations)
        {
            if (!operation.IsChange) continue;
            _changes.Add(operation);
            if (operation.IsOk && operation.Revision > 0) _byRevision.TryAdd(operation.Revision, operation);
        }

        _source = new(_changes);
    }

    public void Check(List<Violation> violations)
    {
        CheckChanges(violations);
        foreach (var operation in _operations)
        {
            if (!operation.IsOk) continue;
            var found = operation.Kind switch
            {
                OperationKind.Validate => CheckAnswer(operation),
                OperationKind.Get => CheckKept(operation),
                _ => null,
            };
            if (found is { } violation) violations.Add(Of(violation.Rule, violation.Why, operation));
        }

        CheckNeverBack(violations);
    }

    /// <summary>Revisions of changes follow real time, and a revision is one change.</summary>
    private void CheckChanges(List<Violation> violations)
    {
        foreach (var change in _changes)
        {
            if (!change.IsOk || change.Revision == 0) continue;
            if (_byRevision[change.Revision].Status != change.Status)
                violations.Add(Of(Rule.I1, $"revision {change.Revision} is both {_byRevision[change.Revision].Status} and {change.Status}", change));
            var least = RevisionAcknowledgedBefore(change.Invoked);
            if (change.Revision < least)
                violations.Add(Of(Rule.I3, $"the change got revision {change.Revision}, {least} had been acknowledged before it was asked for", change));
        }
    }

    private (Rule Rule, string Why)? CheckAnswer(Operation answer)
    {
        if (answer.Status == KeyStatus.Unspecified) return (Rule.I2, $"{answer.Verdict} for a key that was made without conditions");
        if (SettledBefore(answer.Invoked) is { } settled && answer.Revision < settled.Revision)
        {
            var rule = answer.Status == KeyStatus.Disabled && settled.Status == KeyStatus.Enabled ? Rule.I2 : Rule.I1;
            return (rule, $"{answer.Verdict} from revision {answer.Revision}, {settled.Revision} ({settled.Status}) was settled before the call");
        }

        // The first to name a revision need not have made it: it may have found a lost change, or the creation.
        _byRevision.TryGetValue(answer.Revision, out var change);
        if (change is not null && change.Status != answer.Status)
            return (RuleOf(answer), $"{answer.Verdict}, and its own revision {answer.Revision} is {change.Status}");
        // A revision that no answered change names: the first answer to name it says what it is.
        if (!_said.TryAdd(answer.Revision, answer.Status) && _said[answer.Revision] != answer.Status)
            return (RuleOf(answer), $"{answer.Verdict}, and an earlier answer from revision {answer.Revision} said {_said[answer.Revision]}");
        if ((change is null || change.Invoked > answer.Ended) && _source.WhyNot(answer) is { } unexplained) return unexplained;

        return Contradiction(answer, change => change.SettledAt) is { } latest
            ? (RuleOf(answer), $"{answer.Verdict}, and the latest that was settled before the call is {latest.Status} @{latest.Revision}")
            : null;
    }

    /// <summary>I5: what was acknowledged is in the database, propagated or not.</summary>
    private (Rule Rule, string Why)? CheckKept(Operation read) =>
        Contradiction(read, change => change.IsOk ? change.Ended : Operation.Never) is { } latest
            ? (Rule.I5, $"the database says {read.Status}, and {latest.Status} @{latest.Revision} was acknowledged before it was asked")
            : null;

    /// <summary>A change to the other status that the answer had to know, with none back that it might have known too.</summary>
    private Operation? Contradiction(Operation answer, Func<Operation, long> since)
    {
        foreach (var change in _changes)
        {
            if (change.Status == answer.Status || since(change) >= answer.Invoked) continue;
            var back = false;
            foreach (var other in _changes)
                back |= other.Status == answer.Status && other.Invoked <= answer.Ended && _source.MayFollow(other, change);
            if (!back) return change;
        }

        return null;
    }

    /// <summary>I3, with what SetStatus said of the revision: the replica that said it knew it.</summary>
    private void CheckNeverBack(List<Violation> violations)
    {
        var highest = new Dictionary<(string Client, int Replica), Operation>();
        foreach (var operation in _operations)
        {
            if (!operation.IsOk || operation.Revision == 0) continue;
            var place = (operation.Client, operation.Replica);
            if (highest.TryGetValue(place, out var before) && before.Ended <= operation.Invoked && operation.Revision < before.Revision)
                violations.Add(Of(Rule.I3, $"revision {operation.Revision} after {before.Revision} at the same replica for the same client", operation));
            if (before is null || operation.Revision > before.Revision) highest[place] = operation;
        }
    }

    private Operation? SettledBefore(long moment)
    {
        Operation? best = null;
        foreach (var change in _changes)
        {
            if (change.SettledAt < moment && (best is null || change.Revision > best.Revision)) best = change;
        }

        return best;
    }

    private long RevisionAcknowledgedBefore(long moment)
    {
        long revision = 0;
        foreach (var change in _changes)
        {
            if (change.IsOk && change.Ended < moment) revision = Math.Max(revision, change.Revision);
        }

        return revision;
    }

    private static Rule RuleOf(Operation answer) => answer.Status == KeyStatus.Enabled ? Rule.I1 : Rule.I2;

    private Violation Of(Rule rule, string why, Operation operation) =>
        new(rule, $"{why} ({operation.KeyId}, {operation.Client}, replica {operation.Replica})", operation, Story.Tell(_operations, operation));
}
