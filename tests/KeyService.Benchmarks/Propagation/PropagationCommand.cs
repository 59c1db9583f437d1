using System.Globalization;
using KeyService.Contracts.V1;
using KeyService.Testing;
using KeyService.Testing.Cluster.Load;
using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.Faults;
using KeyService.Testing.History;

namespace KeyService.Benchmarks.Propagation;

/// <summary>
/// <c>propagation</c>: how long a SetStatus takes until COMPLETE at half of what three replicas can do, with Redis and without. The answers are
/// checked as in the cluster tests: a broken promise ends it with exit code 1. <c>KEYSERVICE_CLUSTER_CHANGES</c> sets how many changes are made.
/// </summary>
internal static class PropagationCommand
{
    public const string Usage = "[--only with|without]";

    private const int ChangesOfSaturation = 1_000;

    public static async Task<int> RunAsync(string[] args)
    {
        var only = Array.IndexOf(args, "--only") is var at and >= 0 ? args[at + 1] : "";
        var violations = 0;
        if (only != "without") violations += await MeasureAsync("with Redis", withRedis: true);
        if (only != "with") violations += await MeasureAsync("without Redis", withRedis: false);
        return violations == 0 ? 0 : 1;
    }

    private static async Task<int> MeasureAsync(string what, bool withRedis)
    {
        await using var rig = await ClusterRig.StartAsync(new() { IsLongLived = true });
        if (!withRedis) rig.RedisFails(ProxyFault.Reset);
        var random = new Seeded(LoadSettings.Seed);

        await SaturateAsync(rig, random);
        var (changes, validations) = await SaturateAsync(rig, random);
        Print(string.Create(CultureInfo.InvariantCulture, $"{what}: saturation {changes:0} changes and {validations:0} validations a second"));

        var all = new List<Operation>();
        var violations = 0;
        for (var round = 0; round < LoadSettings.Rounds; round++)
        {
            var log = new OperationLog();
            var load = new ClusterLoad(rig, log, random.Split())
            {
                ChangeInterval = TimeSpan.FromSeconds(2 * LoadSettings.Writers / changes),
                ValidateInterval = TimeSpan.FromSeconds(2 * LoadSettings.ValidatorsPerReplica * ClusterRig.Replicas / validations),
            };
            var found = await ClusterRound.RunAsync(rig, log, load, _ => Task.CompletedTask, Print);
            violations += found.Count;
            foreach (var violation in found) Print(violation.ToString());
            all.AddRange(log.Operations.FindAll(operation => operation.Kind == OperationKind.SetStatus));
        }

        Print($"{what}: half of that: {Times.Of("SetStatus until COMPLETE", all, IsComplete)}");
        return violations;
    }

    /// <summary>The first time also warms everything up.</summary>
    private static async Task<(double Changes, double Validations)> SaturateAsync(ClusterRig rig, Seeded random)
    {
        var log = new OperationLog();
        var load = new ClusterLoad(rig, log, random.Split()) { ValidateInterval = TimeSpan.Zero };
        await load.CreateKeysAsync();
        var began = TimeProvider.System.GetTimestamp();
        await load.RunAsync(ChangesOfSaturation, _ => Task.CompletedTask);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        var operations = log.Operations;
        Print(Times.Of("saturated: SetStatus until COMPLETE", operations, IsComplete));
        return (load.Changes / seconds, operations.Count(operation => operation.Client.StartsWith("validator", StringComparison.Ordinal)) / seconds);
    }

    private static bool IsComplete(Operation operation) => operation.Propagation == PropagationState.Complete;

    private static void Print(string text) => Console.WriteLine(text);
}
