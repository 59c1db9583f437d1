using System.Diagnostics;
using KeyService.Cluster.Tests.Faults;
using KeyService.Cluster.Tests.Load;
using KeyService.Cluster.Tests.Rig;
using KeyService.Testing.Faults;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Speed;

/// <summary>
/// How long a SetStatus takes until COMPLETE, at half of what the cluster can do. Printed and never asserted: what is asserted is that no
/// promise is broken meanwhile. On demand: <c>--explicit only --filter-class '*PropagationTime*'</c>, and <c>KEYSERVICE_CLUSTER_CHANGES=20000</c>.
/// </summary>
public sealed class PropagationTimeTests(ITestOutputHelper output) : FaultTest(output)
{
    private const int ChangesOfSaturation = 1_000;

    [Fact(Explicit = true)]
    public Task Half_of_saturation() => MeasureAsync(withRedis: true);

    [Fact(Explicit = true)]
    public Task Half_of_saturation_without_Redis() => MeasureAsync(withRedis: false);

    private async Task MeasureAsync(bool withRedis)
    {
        await using var rig = await SharedRig.StartOwnAsync();
        if (!withRedis) rig.RedisFails(ProxyFault.Reset);
        var random = NewRandom();

        await SaturateAsync(rig, random);
        var (changes, validations) = await SaturateAsync(rig, random);
        Print($"saturation: {changes:0} changes and {validations:0} validations a second");

        var all = new List<Operation>();
        for (var round = 0; round < LoadSettings.Rounds; round++)
        {
            var log = new OperationLog();
            var load = new ClusterLoad(rig, log, random.Split())
            {
                ChangeInterval = TimeSpan.FromSeconds(2 * LoadSettings.Writers / changes),
                ValidateInterval = TimeSpan.FromSeconds(2 * LoadSettings.ValidatorsPerReplica * ClusterRig.Replicas / validations),
            };
            Findings.ShouldBeNone(await RoundAsync(rig, log, load, _ => Task.CompletedTask, random.Split()), SeedText);
            all.AddRange(log.Operations.FindAll(operation => operation.Kind == OperationKind.SetStatus));
        }

        Print($"half of that: {Times.Of("SetStatus until COMPLETE", all, operation => operation.Propagation == Contracts.V1.PropagationState.Complete)}");
    }

    /// <summary>The first time also warms everything up.</summary>
    private async Task<(double Changes, double Validations)> SaturateAsync(ClusterRig rig, Seeded random)
    {
        var log = new OperationLog();
        var load = new ClusterLoad(rig, log, random.Split());
        await load.CreateKeysAsync();
        var began = Stopwatch.GetTimestamp();
        await load.RunAsync(ChangesOfSaturation, _ => Task.CompletedTask);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var operations = log.Operations;
        Print(Times.Of("saturated: SetStatus until COMPLETE", operations, operation => operation.Propagation == Contracts.V1.PropagationState.Complete));
        return (load.Changes / seconds, operations.Count(operation => operation.Client.StartsWith("validator", StringComparison.Ordinal)) / seconds);
    }
}
