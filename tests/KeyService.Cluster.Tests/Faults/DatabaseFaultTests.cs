using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.Faults;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>The way to the database fails, inside the server and so on any engine, for one replica or for all.</summary>
public sealed class DatabaseFaultTests(ITestOutputHelper output) : FaultTest(output)
{
    private const int MostTimes = 5;

    private static readonly ClusterOptions options = new() { DatabaseFaults = true };

    [Fact]
    public Task One_replica_cut_for_longer_than_its_lease() =>
        CutAsync(_ => DeliberateDelay.ForAsync(Outage.LongerThanALease, "how long the fault lasts"));

    [Fact]
    public Task One_replica_cut_until_its_row_is_reaped()
    {
        NeedsReplicas(2);
        return CutAsync(async run =>
        {
            // A test before may have reaped it too.
            var before = Reaped();
            await Eventually.IsTrueAsync(() => Reaped() > before, "its row is reaped");
            // Changes are COMPLETE without it.
            await run.WhileBrokenAsync();

            int Reaped() => run.Rig.All.Sum(replica => replica.TimesSaid("showed no sign of life"));
        });
    }

    [Fact]
    public Task One_replica_cut_from_database_and_Redis() => CutAsync(async run =>
    {
        run.Rig.Last.Redis.Set(ProxyFault.Silence);
        await DeliberateDelay.ForAsync(Outage.LongerThanALease, "how long the fault lasts");
        run.Rig.Last.Redis.Pass();
    });

    [Fact]
    public Task All_silent_for_longer_than_their_lease()
    {
        var outage = new Outage(Replica: null);
        return HoldsAsync(
            async run =>
            {
                await run.ManyChangesAsync();
                using (run.Log.Fault("the database is silent"))
                {
                    outage.Begins();
                    run.Rig.DatabaseFails(DatabaseFault.Silent);
                    await DeliberateDelay.ForAsync(Outage.LongerThanALease, "how long the fault lasts");
                    outage.Ends();
                    run.Rig.DatabaseWorks();
                }

                await run.ManyChangesAsync();
            },
            options,
            operations =>
            {
                outage.ShouldAnswerFromWhatIsKnown(operations);
                outage.ShouldAnswerNothingAfterTheLease(operations);
            });
    }

    [Fact]
    public Task All_slow_by_100_ms() => AllAsync(DatabaseFault.Slow(100));

    [Fact]
    public Task All_slow_by_1_s() => AllAsync(DatabaseFault.Slow(1_000));

    [Fact]
    public Task All_failing_10_percent() => AllAsync(DatabaseFault.Failing(10));

    /// <summary>I4: done, and nobody was told; asked for again, it is settled.</summary>
    [Fact]
    public Task One_replica_whose_commits_are_not_acknowledged() => HoldsAsync(
        async run =>
        {
            await run.ManyChangesAsync();
            using (run.Log.Fault("answers to commits are lost", run.Rig.Last.Number))
            {
                run.Rig.Last.DatabaseFails(DatabaseFault.LostCommitAnswers);
                // Somebody has to ask between the change and its repetition.
                var times = 0;
                do await run.WhileBrokenAsync();
                while (++times < MostTimes && !AnyHasChangedUntold(run.Log.Operations));
                run.Rig.Last.DatabaseWorks();
            }

            await run.ManyChangesAsync();
        },
        options,
        operations => AnyHasChangedUntold(operations).ShouldBeTrue());

    private static bool AnyHasChangedUntold(IEnumerable<Operation> operations) => HistoryChecker.ByKey(operations).Exists(HasChangedUntold);

    /// <summary>Whether a revision of the key was seen after a change without an answer, before the change was asked for again.</summary>
    private static bool HasChangedUntold(List<Operation> key)
    {
        var (acknowledged, isLost) = (0L, false);
        foreach (var operation in key)
        {
            if (operation.Kind == OperationKind.SetStatus) (acknowledged, isLost) = (Math.Max(acknowledged, operation.Revision), !operation.IsOk);
            else if (isLost && acknowledged > 0 && operation.IsOk && operation.Revision > acknowledged) return true;
        }

        return false;
    }

    private Task CutAsync(Func<FaultContext, Task> meanwhile)
    {
        var outage = new Outage(ClusterRig.Replicas - 1);
        return HoldsAsync(
            async run =>
            {
                await run.ManyChangesAsync();
                using (run.Log.Fault("cut from the database", run.Rig.Last.Number))
                {
                    outage.Begins();
                    run.Rig.Last.DatabaseFails(DatabaseFault.Silent);
                    await meanwhile(run);
                    outage.Ends();
                    run.Rig.Last.DatabaseWorks();
                }

                await run.ManyChangesAsync();
            },
            options,
            outage.ShouldAnswerNothingAfterTheLease);
    }

    private Task AllAsync(DatabaseFault fault) => HoldsAsync(
        async run =>
        {
            await run.ManyChangesAsync();
            using (run.Log.Fault($"database: {fault.Text}"))
            {
                run.Rig.DatabaseFails(fault);
                await run.WhileBrokenAsync();
                run.Rig.DatabaseWorks();
            }

            await run.ManyChangesAsync();
        },
        options);
}
