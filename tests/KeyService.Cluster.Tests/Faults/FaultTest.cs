using KeyService.Testing.Cluster.Load;
using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>What the tests of this folder share: a load beside a fault, round by round, and no violation of I1 to I5.</summary>
public abstract class FaultTest(ITestOutputHelper output)
{
    private const int MostRoundsOfAControl = 4;

    private readonly ulong _seed = LoadSettings.Seed;

    private protected string SeedText => $"KEYSERVICE_CLUSTER_SEED={_seed}";

    /// <summary>New keys on the shared cluster, the fault, and no violation.</summary>
    /// <param name="fault">What is done to the cluster while changes are made; ends healed.</param>
    /// <param name="options">Of the cluster.</param>
    /// <param name="also">Asked of each round's operations beside the rules.</param>
    private protected Task HoldsAsync(
        Func<FaultContext, Task> fault, ClusterOptions? options = null, Action<IReadOnlyList<Operation>>? also = null) =>
        OnSharedAsync(options ?? new(), rig => HoldsOnAsync(rig, fault, also));

    /// <summary>A test on the shared cluster, which is discarded when it fails.</summary>
    private protected static async Task OnSharedAsync(ClusterOptions options, Func<ClusterRig, Task> test)
    {
        var rig = await SharedRig.TakeAsync(options);
        try
        {
            await test(rig);
            rig.ShouldHaveLoggedNoErrors();
        }
        catch
        {
            await SharedRig.DiscardAsync();
            throw;
        }
    }

    /// <summary>The same on a cluster of the test's own.</summary>
    private protected async Task HoldsOnAsync(ClusterRig rig, Func<FaultContext, Task> fault, Action<IReadOnlyList<Operation>>? also = null)
    {
        var random = NewRandom();
        for (var round = 0; round < LoadSettings.Rounds; round++)
        {
            var log = new OperationLog();
            var load = new ClusterLoad(rig, log, random.Split());
            var violations = await RoundAsync(rig, log, load, context => fault(context), random.Split());
            Findings.ShouldBeNone(violations, SeedText);
            also?.Invoke(log.Operations);
        }
    }

    /// <summary>The same with a rule of the protocol switched off: the checker must find it out.</summary>
    private protected async Task BreaksAsync(string ruleOff, Func<FaultContext, Task> fault, ClusterOptions? options = null)
    {
        await using var rig = await SharedRig.StartOwnAsync((options ?? new()) with { RuleOff = ruleOff });
        var random = NewRandom();
        for (var round = 0; round < MostRoundsOfAControl; round++)
        {
            var log = new OperationLog();
            var violations = await RoundAsync(rig, log, new(rig, log, random.Split()), fault, random.Split());
            var older = violations.FindAll(violation => violation.Rule == Rule.I1);
            Print($"{older.Count} VALID from an older record");
            if (older.Count == 0) continue;
            Print(older[0].ToString());
            return;
        }

        Assert.Fail($"Without {ruleOff} nothing was found in {MostRoundsOfAControl} rounds. {SeedText}");
    }

    /// <summary>One load on a cluster that is there.</summary>
    private protected Task<List<Violation>> RoundAsync(
        ClusterRig rig, OperationLog log, ClusterLoad load, Func<FaultContext, Task> fault, Seeded random) =>
        ClusterRound.RunAsync(rig, log, load, running => fault(new(rig, log, running, random)), Print);

    private protected Seeded NewRandom()
    {
        Print(SeedText);
        return new(_seed);
    }

    private protected void Print(string text) => output.WriteLine(text);

    /// <summary>For what takes another replica to stand in.</summary>
    private protected static void NeedsReplicas(int count) =>
        Assert.SkipWhen(ClusterRig.Replicas < count, $"needs {count} replicas, and KEYSERVICE_CLUSTER_REPLICAS is {ClusterRig.Replicas}");
}
