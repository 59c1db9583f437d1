using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>
/// Tells whoever keeps cached answers of a change, and waits for them (walk of CreateKey, step f). One process serves a store:
/// it has the change when its own floor is raised.
/// </summary>
internal sealed class Propagation(Floors floors, TimeProvider time)
{
    /// <summary>Before a change is sent; its result goes to <see cref="Committed"/>.</summary>
    public long Begin() => floors.Doubts;

    /// <summary>The commit was acknowledged. After this no older record of the key answers a call.</summary>
    public PropagationReport Committed(string keyId, long revision, long begun)
    {
        floors.Committed(keyId, revision, begun);
        return Complete(revision);
    }

    /// <summary>Nothing changed, and this is the revision that was read. Asking again is how a lost answer is followed up.</summary>
    public PropagationReport Unchanged(string keyId, long revision)
    {
        floors.Seen(keyId, revision);
        return Complete(revision);
    }

    /// <summary>Whether the commit happened is not known.</summary>
    public void InDoubt(string keyId) => floors.Doubt(keyId);

    private PropagationReport Complete(long revision) =>
        new(Complete: true, revision, UtcMicroseconds.Now(time), ReplicasConfirmed: 1, ReplicasPending: 0);
}
