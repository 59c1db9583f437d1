using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>One load on a cluster, something that happens to the cluster meanwhile, and the check of all that the clients saw.</summary>
internal static class ClusterRound
{
    /// <summary>One call of so many may find the machine busy with something else, where something is broken beside it.</summary>
    private const int CallsForAnOutage = 1_000;

    /// <summary>
    /// And where nothing is broken: the replicas of a test share a few cores and one database file, whose lock goes to whoever asks at the right moment,
    /// so that a writer may not get it for the two seconds that it has.
    /// </summary>
    private const int CallsForAnOutageOtherwise = 5_000;

    /// <param name="rig">The cluster. What was broken in this round is then in <see cref="ClusterRig.HealedFaults"/>.</param>
    /// <param name="log">Of the operations.</param>
    /// <param name="load">Its keys are created if there are none.</param>
    /// <param name="meanwhile">While changes are made; ends healed.</param>
    /// <param name="print">Takes a summary, for people.</param>
    /// <returns>What breaks I1 to I5.</returns>
    public static async Task<List<Violation>> RunAsync(
        ClusterRig rig, OperationLog log, ClusterLoad load, Func<ClusterLoad, Task> meanwhile, Action<string> print)
    {
        if (load.Keys.Count == 0) await load.CreateKeysAsync();
        await load.RunAsync(LoadSettings.ChangesPerRound, meanwhile);
        var violations = await AgreementRound.CheckAsync(rig, log, load.Keys);
        var operations = log.Operations;
        print(Findings.Summary(operations));
        var (faults, stalls) = (log.Faults.ConvertAll(fault => fault with { Grace = LoadSettings.Grace }), log.Stalls);
        if (stalls.Count > 0) print($"The whole machine stood still {stalls.Count} times");
        FaultWindow[] excuses = [.. rig.HealedFaults, .. faults, .. stalls];
        violations.AddRange(HistoryChecker.Check(operations, excuses, Spared(operations.Count, faults.Count > 0)));
        rig.HealedFaults = faults;
        return violations;
    }

    private static int Spared(int calls, bool isBroken) => isBroken ? calls / CallsForAnOutage : Math.Max(1, calls / CallsForAnOutageOtherwise);
}
