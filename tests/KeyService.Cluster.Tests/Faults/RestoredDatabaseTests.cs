using KeyService.Testing.Cluster.Load;
using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>The database goes back in time: revisions repeat, and Redis is full of records of changes that are lost.</summary>
[Collection(SharedRig.AsShipped)]
public sealed class RestoredDatabaseTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public Task After_recover_nothing_from_the_lost_time_answers()
    {
        SkipOnSqlServer();
        return OnSharedAsync(new(), async rig =>
            Findings.ShouldBeNone(await AfterRestoreAsync(rig, copy => RestoreAsync(rig, copy, recover: true)), SeedText));
    }

    /// <summary>
    /// No replica that starts has seen the lost time: only <c>recover</c> can say that it was. A cluster that answers so is not shared.
    /// </summary>
    [Fact]
    public async Task Without_recover_what_Redis_kept_of_the_lost_time_answers()
    {
        SkipOnSqlServer();
        await using var rig = await SharedRig.StartOwnAsync();
        ShouldHaveFound(await AfterRestoreAsync(rig, copy => RestoreAsync(rig, copy, recover: false)));
    }

    [Fact]
    public Task Put_back_under_running_replicas_nothing_from_the_lost_time_answers()
    {
        SkipOnSqlServer();
        return OnSharedAsync(new(), async rig =>
            Findings.ShouldBeNone(await AfterRestoreAsync(rig, copy => RestoreInPlaceAsync(rig, copy)), SeedText));
    }

    [Fact]
    public async Task Without_epochs_a_database_put_back_under_running_replicas_is_found()
    {
        SkipOnSqlServer();
        await using var rig = await SharedRig.StartOwnAsync(new() { RuleOff = "Epoch" });
        ShouldHaveFound(await AfterRestoreAsync(rig, copy => RestoreInPlaceAsync(rig, copy)));
    }

    private static void SkipOnSqlServer() =>
        Assert.SkipWhen(TestStore.IsSqlServer, "going back in time is tested with a copied file: KEYSERVICE_TEST_SQLSERVER is set");

    /// <summary>
    /// One life, a copy, another life; the copy put back, and a third life, in which no replica may know anything of the second.
    /// </summary>
    /// <returns>What is wrong with the third.</returns>
    private async Task<List<Violation>> AfterRestoreAsync(ClusterRig rig, Func<DatabaseCopy, Task> restore)
    {
        var random = NewRandom();
        var first = new ClusterLoad(rig, new(), random.Split());
        await first.CreateKeysAsync();
        await first.RunAsync(LoadSettings.ChangesPerRound / 2, _ => Task.CompletedTask);

        using var copy = DatabaseCopy.Take(rig.Store);
        var baseline = await Baseline.ReadAsync(rig, first.Keys);
        Findings.ShouldBeNone(await LifeAsync(rig, baseline, new(), random, _ => Task.CompletedTask), SeedText);
        var log = new OperationLog();
        // Replicas that have just begun are slow for a moment, which is no fault of theirs.
        using (log.Fault("restored")) await restore(copy);
        return await LifeAsync(rig, baseline, log, random, PastUnsureAsync);
    }

    private static async Task RestoreAsync(ClusterRig rig, DatabaseCopy copy, bool recover)
    {
        await rig.KillAllAsync();
        copy.PutBack();
        if (recover) await rig.RunAsync("recover");
        await rig.StartAllAsync();
    }

    /// <summary>They find out by themselves, within a cycle or two.</summary>
    private static async Task RestoreInPlaceAsync(ClusterRig rig, DatabaseCopy copy)
    {
        const string Found = "starts as new";
        var before = rig.All.Select(replica => replica.TimesSaid(Found)).ToList();
        copy.PutBackInPlace();
        await Eventually.IsTrueAsync(
            () => rig.All.All(replica => replica.TimesSaid(Found) > before[replica.Number]), "every replica starts as new");
        await DeliberateDelay.ForAsync(
            TimeSpan.FromSeconds(1), "each that finds out renews the epoch, and the others follow: longer than that takes");
    }

    /// <summary>For a lease nothing is COMPLETE; what matters is what is answered when it is again.</summary>
    private static async Task PastUnsureAsync(FaultContext run)
    {
        await DeliberateDelay.ForAsync(TimeSpan.FromSeconds(4), "for a lease nothing is COMPLETE");
        await run.ManyChangesAsync();
    }

    private async Task<List<Violation>> LifeAsync(
        ClusterRig rig, Baseline baseline, OperationLog log, Seeded random, Func<FaultContext, Task> fault)
    {
        var load = new ClusterLoad(rig, log, random.Split());
        baseline.Begin(log, load);
        return await RoundAsync(rig, log, load, fault, random.Split());
    }

    private void ShouldHaveFound(List<Violation> violations)
    {
        var older = violations.FindAll(violation => violation.Rule == Rule.I1);
        older.ShouldNotBeEmpty(SeedText);
        Print($"{older.Count} VALID from the lost time, the first of them:\n{older[0]}");
    }
}
