using KeyService.Contracts.V1;

namespace KeyService.Testing.History;

/// <summary>
/// Where a revision may come from that no answered change named: the creation (its answer names none), or a change whose answer was lost
/// (I4). A lost change happens at some time after it was asked for, or never; once it was repeated and the repetition was answered, not any more.
/// </summary>
/// <param name="changes">All changes of a key that happened or may have.</param>
internal sealed class RevisionSource(List<Operation> changes)
{
    /// <summary>Null when something explains the answer's revision.</summary>
    public (Rule Rule, string Why)? WhyNot(Operation answer)
    {
        var tooLate = false;
        foreach (var change in changes)
        {
            if (change.Status != answer.Status || change.Invoked > answer.Ended || !MayHave(change, answer.Revision)) continue;
            if (IsPrecededByRepetition(change, answer.Revision)) tooLate = true;
            else return null;
        }

        return tooLate
            ? (Rule.I4, $"revision {answer.Revision} can only be a lost change that happened after it had been repeated")
            : (answer.Status == KeyStatus.Enabled ? Rule.I1 : Rule.I2, $"no change explains {answer.Verdict} at revision {answer.Revision}");
    }

    /// <summary>Whether <paramref name="other"/> may have happened after <paramref name="change"/>.</summary>
    public bool MayFollow(Operation other, Operation change)
    {
        if (other.Kind == OperationKind.Create) return false;
        if (change.Kind == OperationKind.Create && change.Revision == 0) return true;
        if (other.IsOk) return other.Revision > change.Revision;
        return !IsPrecededByRepetition(other, change.Revision);
    }

    private bool MayHave(Operation change, long revision)
    {
        if (change.Kind == OperationKind.Create) return change.IsOk && change.Revision == 0 && IsBelowAll(revision);
        return !change.IsOk && IsAboveAllAcknowledgedBefore(change, revision);
    }

    private bool IsBelowAll(long revision)
    {
        foreach (var change in changes)
        {
            if (!change.IsOk || change.Revision == 0) continue;
            // Asked to enable what nobody had disabled yet, SetStatus names the creation's own.
            if (change.Revision < revision || (change.Revision == revision && change.Status != KeyStatus.Enabled)) return false;
        }

        return revision > 0;
    }

    private bool IsAboveAllAcknowledgedBefore(Operation lost, long revision)
    {
        foreach (var change in changes)
        {
            if (change.IsOk && change.Ended < lost.Invoked && change.Revision >= revision) return false;
        }

        return revision > 0;
    }

    /// <summary>Whether the lost change was asked for again, and that was answered with a revision below.</summary>
    private bool IsPrecededByRepetition(Operation lost, long revision)
    {
        foreach (var change in changes)
        {
            if (!lost.IsOk && change.IsOk && change.Kind == OperationKind.SetStatus && change.Status == lost.Status
                && change.Invoked >= lost.Ended && change.Revision < revision) return true;
        }

        return false;
    }
}
