using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// One life of a replica under one name: all that it knows of the feed. A replica that starts as new has a new one, with nothing in it, so
/// that what belongs to the one before is never believed again.
/// </summary>
internal sealed class Incarnation(string replicaId, Lease lease, Floors floors)
{
    /// <summary>Below every revision.</summary>
    public const long NoHorizon = -1;

    private long _horizon = NoHorizon;
    private long _ticket;
    private bool _registered;
    private volatile StoreEpoch? _epoch;

    /// <summary>Its name in <c>Replicas</c>: random, 32 lower-case hex.</summary>
    public string ReplicaId => replicaId;

    public Lease Lease => lease;

    public Floors Floors => floors;

    /// <summary>Every change at or below it has been applied. Only grows.</summary>
    public long Horizon
    {
        get => Volatile.Read(ref _horizon);
        set => Volatile.Write(ref _horizon, value);
    }

    /// <summary>Every change that was committed before it was drawn has been applied. Only grows.</summary>
    public long Ticket
    {
        get => Volatile.Read(ref _ticket);
        set => Volatile.Write(ref _ticket, value);
    }

    /// <summary>Whether its row has been in <c>Replicas</c>. From then on, as long as it lives, a table without that row has lost it.</summary>
    public bool IsRegistered
    {
        get => Volatile.Read(ref _registered);
        set => Volatile.Write(ref _registered, value);
    }

    /// <summary>The history of the database that all this is about; null before the first cycle.</summary>
    public StoreEpoch? Epoch
    {
        get => _epoch;
        set => _epoch = value;
    }
}
