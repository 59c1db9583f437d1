namespace KeyService.Cluster.Tests.Faults;

/// <summary>SIGKILL at random points of changes: nothing is flushed, nothing is said, and its lease runs on.</summary>
[Collection(SharedRig.AsShipped)]
public sealed class KilledReplicaTests(ITestOutputHelper output) : FaultTest(output)
{
    private const int Kills = 4;

    [Fact]
    public Task A_replica_killed_at_any_moment_and_started_again_breaks_no_promise() => HoldsAsync(async run =>
    {
        for (var i = 0; i < Kills; i++)
        {
            await run.SomeChangesAsync();
            var replica = run.AnyReplica();
            using (run.Log.Fault("killed", replica.Number)) await replica.KillAndStartAsync();
        }
    });

    [Fact]
    public Task A_replica_that_stays_away_delays_a_change_and_breaks_no_promise() => HoldsAsync(async run =>
    {
        await run.SomeChangesAsync();
        using (run.Log.Fault("killed", run.Rig.Last.Number))
        {
            await run.Rig.Last.KillAsync();
            await run.WhileBrokenAsync();
            await run.Rig.Last.StartAsync();
        }

        await run.ManyChangesAsync();
    });
}
