using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>
/// Tells whoever keeps cached answers of a change, and waits for them (walk of CreateKey, step f). One process serves a store:
/// it has the change when its own floor is raised.
/// </summary>
internal sealed class Propagation(Floors floors, TimeProvider time)
{
    /// <summary>Before a change is sent; its result goes to <see cref="Settled"/>.</summary>
    public long Begin() => floors.Doubts;

    /// <summary>
    /// The commit was acknowledged; or nothing had to change, and this is the revision that was read under the chain's lock, behind every
    /// earlier change: asking again is how a lost answer is followed up. After this no older record of the key answers a call.
    /// </summary>
    public PropagationReport Settled(string keyId, long revision, long begun)
    {
        floors.Committed(keyId, revision, begun);
        return Complete(revision);
    }

    /// <summary>Whether the commit happened is not known.</summary>
    public void InDoubt(string keyId) => floors.Doubt(keyId);

    private PropagationReport Complete(long revision) =>
        new(Complete: true, revision, UtcMicroseconds.Now(time), ReplicasConfirmed: 1, ReplicasPending: 0);
}
