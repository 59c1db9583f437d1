using KeyService.Testing.Cluster.Rig;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>One replica's clock is off: leases are lengths of time, and effective_time is the database's.</summary>
public sealed class ClockTests(ITestOutputHelper output) : FaultTest(output)
{
    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    public Task A_clock_10_minutes_off_breaks_no_promise(int minutes) => HoldsAsync(
        async run =>
        {
            await run.ManyChangesAsync();
            // Its changes are PENDING for all: what it says of effective_time is what counts.
            await StoppedReplicaTests.StopAsync(run, TimeSpan.FromSeconds(1));
        },
        new() { ClockOffset = TimeSpan.FromMinutes(minutes) });
}
