using System.Diagnostics;
using KeyService.Testing.Cluster.Load;
using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>All faults at random and at once, and one clock 10 minutes off: half a minute in every run, longer on demand.</summary>
public sealed class EverythingTests(ITestOutputHelper output) : FaultTest(output)
{
    /// <summary>What is recorded is checked and forgotten after each.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Whatever_is_broken_at_once_no_promise_is()
    {
        await using var rig = await SharedRig.StartOwnAsync(new() { DatabaseFaults = true, ClockOffset = TimeSpan.FromMinutes(-10) });
        var random = NewRandom();
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < LoadSettings.Everything)
        {
            var log = new OperationLog();
            var load = new ClusterLoad(rig, log, random.Split());
            Findings.ShouldBeNone(await RoundAsync(rig, log, load, run => new Everything(run, Round).BreakAsync(), random.Split()), SeedText);
        }
    }
}
