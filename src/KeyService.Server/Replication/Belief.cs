using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>What a read notes before it is sent; it stays with what it brings.</summary>
/// <param name="Reader">Who read; null when it did not know the database's history yet, and then the answer is never believed again.</param>
/// <param name="Horizon">Every change at or below it could be seen.</param>
internal readonly record struct ReadMark(Incarnation? Reader, long Horizon);

/// <summary>Why a kept answer may not be used.</summary>
internal enum Disbelief
{
    None,
    StartedAsNew,
    Lease,
    Changed,
}

/// <summary>
/// The one rule for every kept answer, wherever it comes from: memory, Redis, or another caller's read that was already under way. Asked at
/// each use, for the moment in which the call arrived or a later one.
/// </summary>
internal sealed class Belief(Incarnation first)
{
    /// <summary>No version of the floors.</summary>
    public const long Never = -1;

    private volatile Incarnation _current = first;

    public Incarnation Current => _current;

    /// <summary>Before a read is sent. With a source that shows all that is committed, its answer has all changes up to the mark's horizon.</summary>
    public ReadMark Mark()
    {
        var current = _current;
        // The history first: what is read after that is of it, or of a later one, which makes another incarnation.
        return current.Epoch is null && Rules.Epoch ? new(null, Incarnation.NoHorizon) : new(current, current.Horizon);
    }

    /// <summary>The replica starts as new: nothing from before is believed.</summary>
    public void StartAsNew(Incarnation next) => _current = next;

    /// <summary>Whether anything at all may be believed.</summary>
    public bool IsStanding(in Moment now) => _current is var current && current.Lease.IsLive(now) && current.Floors.HasBase;

    /// <summary>Whether this replica may say what is so by what it was told of after it registered, without asking.</summary>
    public bool HasLease(in Moment now) => _current.Lease.IsLive(now);

    /// <summary>
    /// Asked again and again of one answer: while no floor was raised since it last held, the floors need not be searched. A floor is raised
    /// before its version counts, and the version is read before the floor, so what held under a version is true under it.
    /// </summary>
    /// <param name="keyId">The answer's key, ASCII.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="mark">Of the read that brought it.</param>
    /// <param name="believedAt">Kept with the answer; <see cref="Never"/> at first.</param>
    /// <param name="now">When the call arrived, or later.</param>
    public Disbelief Doubts(ReadOnlySpan<byte> keyId, long revision, in ReadMark mark, ref long believedAt, in Moment now)
    {
        var current = _current;
        if (!ReferenceEquals(mark.Reader, current) && (Rules.FreshName || mark.Reader is null)) return Disbelief.StartedAsNew;
        if (!current.Lease.IsLive(now)) return Disbelief.Lease;

        var version = current.Floors.Version;
        if (Volatile.Read(ref believedAt) == version) return Disbelief.None;
        if (!current.Floors.Allows(keyId, revision, mark.Horizon)) return Disbelief.Changed;
        Volatile.Write(ref believedAt, version);
        return Disbelief.None;
    }
}
