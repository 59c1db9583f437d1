using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>What held before a change was sent.</summary>
/// <param name="Doubts">How many doubts there had been.</param>
/// <param name="Takings">How often this process had taken the store.</param>
internal readonly record struct Begun(long Doubts, long Takings);

/// <summary>
/// Tells whoever keeps cached answers of a change, and waits for them (walk of CreateKey, step f). One process serves a store:
/// it has the change when its own floor is raised.
/// </summary>
internal sealed class Propagation(Floors floors, IStoreLock storeLock, TimeProvider time)
{
    /// <summary>Before a change is sent; its result goes to <see cref="Settled"/>.</summary>
    public Begun Begin() => new(floors.Doubts, storeLock.Takings);

    /// <summary>
    /// The commit was acknowledged; or nothing had to change, and this is the revision that was read under the chain's lock, behind every
    /// earlier change: asking again is how a lost answer is followed up. After this no older record of the key answers a call.
    /// </summary>
    public PropagationReport Settled(string keyId, long revision, Begun begun)
    {
        floors.Committed(keyId, revision, begun.Doubts);
        // Another process may serve the store by now: it may have read the record before this change, and nobody tells it.
        if (!storeLock.IsHeld || storeLock.Takings != begun.Takings)
            throw new StoreUnavailableException(failure: "the lock on the store was lost");
        return Complete(revision);
    }

    /// <summary>Whether the commit happened is not known.</summary>
    public void InDoubt(string keyId) => floors.Doubt(keyId);

    private PropagationReport Complete(long revision) =>
        new(Complete: true, revision, UtcMicroseconds.Now(time), ReplicasConfirmed: 1, ReplicasPending: 0);
}
