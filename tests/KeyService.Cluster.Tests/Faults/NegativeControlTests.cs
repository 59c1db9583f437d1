using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.Faults;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>With one rule of the protocol switched off the checker must find a violation: one that cannot fail proves nothing.</summary>
public sealed class NegativeControlTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public async Task Without_floors_an_older_record_answers()
    {
        NeedsReplicas(2);
        await BreaksAsync("Floor", run => run.ManyChangesAsync());
    }

    [Fact]
    public async Task Without_waiting_for_all_an_older_record_answers_after_COMPLETE()
    {
        NeedsReplicas(2);
        await BreaksAsync("WaitAll", run => run.ManyChangesAsync());
    }

    /// <summary>
    /// Not even its nudges reach it. What it was never told of is COMPLETE at the others once its row is reaped, and settled by effective_time
    /// before: a few seconds of that are enough.
    /// </summary>
    [Fact]
    public async Task Without_a_lease_a_replica_cut_off_answers_from_an_older_record()
    {
        NeedsReplicas(2);
        await BreaksAsync(
            "Lease",
            async run =>
            {
                await run.ManyChangesAsync();
                using var fault = run.Log.Fault("cut from database and Redis", run.Rig.Last.Number);
                run.Rig.Last.DatabaseFails(DatabaseFault.Silent);
                run.Rig.Last.Redis.Set(ProxyFault.Silence);
                await DeliberateDelay.ForAsync(TimeSpan.FromSeconds(8), "how long the fault lasts");
                run.Rig.Last.Redis.Pass();
                run.Rig.Last.DatabaseWorks();
            },
            new() { DatabaseFaults = true });
    }
}
