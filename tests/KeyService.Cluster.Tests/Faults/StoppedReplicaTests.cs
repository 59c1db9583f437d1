using KeyService.Testing.Cluster.Load;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>SIGSTOP: a replica that wakes up with everything it believed, and does not know that time has passed.</summary>
[Collection(SharedRig.AsShipped)]
public sealed class StoppedReplicaTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public Task A_replica_stopped_for_3_s_breaks_no_promise_when_it_wakes() => StoppedAsync(seconds: 3);

    /// <summary>Longer than the lease and all that is added to it: every effective_time of the time asleep has passed when it wakes.</summary>
    [Fact]
    public Task A_replica_stopped_for_longer_than_its_lease_breaks_no_promise_when_it_wakes() => StoppedAsync(seconds: 6);

    [Fact]
    public Task A_replica_stopped_for_40_s_breaks_no_promise_when_it_wakes()
    {
        Assert.SkipUnless(LoadSettings.IsLong, "a run on demand: KEYSERVICE_CLUSTER_CHANGES=2000");
        return StoppedAsync(seconds: 40);
    }

    private Task StoppedAsync(int seconds) => HoldsAsync(run => StopAsync(run, TimeSpan.FromSeconds(seconds)));

    internal static async Task StopAsync(FaultContext run, TimeSpan span)
    {
        await run.SomeChangesAsync();
        using (run.Log.Fault("stopped", run.Rig.Last.Number))
        {
            run.Rig.Last.Stop();
            try
            {
                await DeliberateDelay.ForAsync(span, "how long the fault lasts");
            }
            finally
            {
                run.Rig.Last.Continue();
            }
        }

        await run.ManyChangesAsync();
    }
}
