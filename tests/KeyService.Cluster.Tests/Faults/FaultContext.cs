using KeyService.Testing.Cluster.Load;
using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>What a fault is done to, and when.</summary>
internal sealed record FaultContext(ClusterRig Rig, OperationLog Log, ClusterLoad Load, Seeded Random)
{
    private const int ChangesBetween = 60;

    /// <summary>A fault lasts at least so long: past the pauses and time-outs of what it is done to.</summary>
    private static readonly TimeSpan Least = DatabaseSpeed.Longer(TimeSpan.FromSeconds(2), connections: 4);

    private static readonly TimeSpan Most = DatabaseSpeed.Longer(TimeSpan.FromSeconds(10), connections: 20);

    /// <summary>Until a random number of changes was made: the moment at which something breaks.</summary>
    public Task SomeChangesAsync() => Load.MoreChangesAsync(1 + Random.Below(ChangesBetween), Least);

    /// <summary>For a time in which something is broken, and until enough changes were made in it, if anyone still can.</summary>
    public Task WhileBrokenAsync() => Task.WhenAll(
        DeliberateDelay.ForAsync(Least, "how long the fault lasts"), Load.MoreChangesAsync(2 * ChangesBetween, Most));

    /// <summary>Until enough changes were made for each replica to have met some.</summary>
    public Task ManyChangesAsync() => Load.MoreChangesAsync(2 * ChangesBetween, Most);

    /// <summary>Any of them.</summary>
    public Replica AnyReplica() => Rig[Random.Below(ClusterRig.Replicas)];
}
