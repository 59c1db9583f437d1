namespace KeyService.Server.Replication;

/// <summary>Settings of a replica, and what it says of itself in its row.</summary>
internal sealed record ReplicaOptions
{
    /// <summary><c>KeyService:Lease</c>: how long a replica may answer from what it keeps after it registered. 3 s to 10 minutes, the same for all.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>KeyService:PropagationWait</c>: how long a change waits at most, unless the call says. Up to 10 minutes.</summary>
    public TimeSpan PropagationWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where its gRPC port can be reached; empty says nothing.</summary>
    public string Address { get; init; } = "";

    /// <summary>The master keys that it knows, one digit each, newest first.</summary>
    public string Generations { get; init; } = "";

    /// <summary>More changes than that since the last cycle: starting as new is cheaper.</summary>
    public int MaxChanges { get; init; } = 10_000;

    /// <summary>Floors kept before the base is raised.</summary>
    public int FloorCapacity { get; init; } = Floors.DefaultCapacity;

    public static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(10);
}
