using KeyService.Cluster.Tests.History;
using KeyService.Cluster.Tests.Load;
using KeyService.Cluster.Tests.Rig;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>What a fault is done to, and when.</summary>
internal sealed record FaultContext(ClusterRig Rig, OperationLog Log, ClusterLoad Load, Seeded Random)
{
    private const int ChangesBetween = 60;

    /// <summary>Until a random number of changes was made: the moment at which something breaks.</summary>
    public Task SomeChangesAsync() => Load.MoreChangesAsync(1 + Random.Below(ChangesBetween), FaultTest.Held);

    /// <summary>While enough changes are made for the fault to meet some of them at every step.</summary>
    public Task ManyChangesAsync() => Load.MoreChangesAsync(2 * ChangesBetween, FaultTest.Held);

    /// <summary>Any of them.</summary>
    public Replica AnyReplica() => Rig[Random.Below(ClusterRig.Replicas)];
}
