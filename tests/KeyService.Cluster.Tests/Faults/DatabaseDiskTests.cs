using Grpc.Core;
using KeyService.Testing.Cluster.Load;
using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>The disk of the embedded store is full: nothing can be changed, everything can be read, and nothing acknowledged is lost.</summary>
public sealed class DatabaseDiskTests(ITestOutputHelper output) : FaultTest(output)
{
    /// <summary>SQLite writes on in what it has: the log takes some hundred changes until it has to grow.</summary>
    private static readonly TimeSpan UntilRefused = TimeSpan.FromSeconds(30);

    /// <summary>Longer than the lease: a replica that cannot register has none.</summary>
    private static readonly TimeSpan Refused = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Disk_full_and_freed()
    {
        Assert.SkipWhen(TestStore.IsSqlServer, "the disk of SQL Server is not ours to fill: KEYSERVICE_TEST_SQLSERVER is set");
        using var disk = SmallDisk.TryMount(out var reason);
        Assert.SkipWhen(disk is null, reason);
        var (full, freed) = (0L, 0L);

        await using var rig = await SharedRig.StartOwnAsync(new() { StoreFolder = disk.StoreFolder });
        await HoldsOnAsync(
            rig,
            async run =>
            {
                await run.ManyChangesAsync();
                using (run.Log.Fault("the disk is full"))
                {
                    disk.Fill();
                    await Eventually.IsTrueAsync(() => IsRefused(run.Log), "a change is refused", (int)UntilRefused.TotalSeconds);
                    full = MonotonicClock.Now;
                    await DeliberateDelay.ForAsync(Refused, "how long the fault lasts");
                    freed = MonotonicClock.Now;
                    disk.Free();
                }

                await run.ManyChangesAsync();
            },
            operations =>
            {
                var meanwhile = operations.Where(operation => operation.Invoked > full && operation.Ended < freed).ToList();
                Print($"While the disk was full: {Findings.Summary(meanwhile)}");
                meanwhile.Where(operation => !operation.IsOk).ShouldAllBe(operation => operation.Error == StatusCode.Unavailable || operation.Error == StatusCode.DeadlineExceeded);
                ErrorRate.ShouldBeLow(meanwhile);
            });
    }

    private static bool IsRefused(OperationLog log) =>
        log.Operations.Exists(operation => operation.Kind == OperationKind.SetStatus && operation.Error == StatusCode.Unavailable);
}
