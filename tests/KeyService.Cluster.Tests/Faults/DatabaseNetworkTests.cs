using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.Faults;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>One replica's way to the database fails: an outage there, and a promise kept by the others without it.</summary>
public sealed class DatabaseNetworkTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public Task One_replica_cut_from_the_database() => CutAsync(alsoFromRedis: false, ProxyFault.Silence);

    [Fact]
    public Task One_replica_whose_commits_are_not_acknowledged() => CutAsync(alsoFromRedis: false, ProxyFault.NoAnswers);

    [Fact]
    public Task One_replica_cut_from_database_and_Redis() => CutAsync(alsoFromRedis: true, ProxyFault.Silence);

    private Task CutAsync(bool alsoFromRedis, ProxyFault fault)
    {
        Assert.SkipUnless(TestStore.IsSqlServer, "SQLite has no socket to cut: KEYSERVICE_TEST_SQLSERVER names no server");
        return HoldsAsync(async run =>
        {
            await run.ManyChangesAsync();
            using (run.Log.Fault("cut from the database", run.Rig.Last.Number))
            {
                run.Rig.Last.Database!.Set(fault);
                if (alsoFromRedis) run.Rig.Last.Redis.Set(fault);
                // Past its lease: what it still answers then, it answers wrongly.
                await DeliberateDelay.ForAsync(TimeSpan.FromSeconds(5), "how long the fault lasts");
                run.Rig.Last.Database.Pass();
                run.Rig.Last.Redis.Pass();
            }

            await run.ManyChangesAsync();
        });
    }
}
