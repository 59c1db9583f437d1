using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>I5: asks the database and every replica for every key, after the load.</summary>
internal static class AgreementRound
{
    /// <summary>The answers of the last round are part of the history.</summary>
    /// <returns>What they disagree about 5 s after healing; nothing as soon as they agree.</returns>
    public static async Task<List<Violation>> CheckAsync(ClusterRig rig, OperationLog log, IReadOnlyList<LoadKey> keys)
    {
        var start = MonotonicClock.Now;
        while (true)
        {
            // Nobody is given up who was asked within the grace, however long the answers took.
            var asked = MonotonicClock.Now;
            var violations = Agreement.Check(await AskAsync(rig, log, keys));
            if (violations.Count == 0 || asked - start > LoadSettings.Grace) return violations;
        }
    }

    private static async Task<List<Operation>> AskAsync(ClusterRig rig, OperationLog log, IReadOnlyList<LoadKey> keys)
    {
        var client = new RecordedClient("agreement", rig, log);
        var round = new List<Operation>();
        foreach (var key in keys)
        {
            round.Add(await client.GetAsync(0, key));
            for (var replica = 0; replica < ClusterRig.Replicas; replica++) round.Add(await client.ValidateAsync(replica, key));
        }

        return round;
    }
}
