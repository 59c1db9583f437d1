using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

public abstract class ReplicaRowTests(Engine engine) : ReplicationTests(engine)
{
    [Fact]
    public async Task A_registered_replica_is_seen_by_every_process_as_it_described_itself()
    {
        var own = Replica(ticket: 7, horizon: 6, lease: 3, generations: new string('z', 62), address: new string('ü', 256));

        (await RegisterAsync(NewStore(), own)).ShouldBeTrue();

        var look = await LookAsync(NewStore());
        var row = look.Rows.ShouldHaveSingleItem();
        (row.ReplicaId, row.Beat, row.Ticket, row.Horizon).ShouldBe((own.ReplicaId, 1, 7, 6));
        (row.Lease, row.Generations, row.Address, row.StartTime).ShouldBe((own.Lease, own.Generations, own.Address, own.StartTime));
        look.Epoch.RenewTime.ShouldBeNull();
        (look.DatabaseTime - TimeProvider.System.GetUtcNow()).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Each_beat_is_one_above_the_highest_sent_and_brings_what_changed()
    {
        var (store, own) = (NewStore(), Replica());
        await RegisterAsync(store, own);

        (await RegisterAsync(store, Replica(own.ReplicaId, known: 1, sent: 1, ticket: 5, horizon: 4, lease: 10, generations: "3", address: "b"))).ShouldBeTrue();
        // The answer of that one was lost: from the beat known to the highest sent.
        (await RegisterAsync(store, Replica(own.ReplicaId, known: 1, sent: 2, ticket: 9, horizon: 8, lease: 10, generations: "3", address: "b"))).ShouldBeTrue();

        var row = await RowAsync(store);
        (row!.Beat, row.Ticket, row.Horizon, row.LeaseMilliseconds, row.Generations, row.Address).ShouldBe((3, 9, 8, 10_000, "3", "b"));
        row.StartTime.ShouldBe(own.StartTime);
        // Or it never came to the database.
        (await RegisterAsync(store, Replica(own.ReplicaId, known: 3, sent: 8))).ShouldBeTrue();
        (await RowAsync(store))!.Beat.ShouldBe(9);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(3, 9)]
    public async Task A_row_that_is_there_already_or_has_another_beat_is_left_alone(long known, long sent)
    {
        var (store, own) = (NewStore(), Replica(ticket: 5));
        await RegisterAsync(store, own);
        await RegisterAsync(store, own with { BeatKnown = 1, BeatSent = 1 });

        (await RegisterAsync(store, own with { BeatKnown = known, BeatSent = sent, Ticket = 99, Address = "other" })).ShouldBeFalse();

        var row = await RowAsync(store);
        (row!.Beat, row.Ticket, row.Address).ShouldBe((2, 5, own.Address));
    }

    [Fact]
    public async Task The_same_new_id_at_the_same_moment_is_registered_once()
    {
        var own = Replica();
        var stores = Enumerable.Range(0, 6).Select(_ => NewStore()).ToList();

        var answers = await Task.WhenAll(stores.Select(store => Task.Run(() => RegisterAsync(store, own))));

        answers.Count(registered => registered).ShouldBe(1);
        (await RowAsync(stores[0]))!.Beat.ShouldBe(1);
    }

    [Fact]
    public async Task A_row_that_was_removed_takes_no_beat_and_no_report()
    {
        var (store, own) = (NewStore(), Replica());
        await RegisterAsync(store, own);
        (await store.RemoveReplicaAsync(own.ReplicaId, beat: null, CancellationToken.None)).ShouldBeTrue();

        (await RegisterAsync(store, own with { BeatKnown = 1, BeatSent = 1 })).ShouldBeFalse();
        await store.ReportAsync(own.ReplicaId, 9, 9, CancellationToken.None);
        (await store.RemoveReplicaAsync(own.ReplicaId, beat: null, CancellationToken.None)).ShouldBeFalse();

        (await LookAsync(store)).Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_but_the_silent_is_reaped()
    {
        var (store, silent, other) = (NewStore(), Replica(), Replica());
        await RegisterAsync(store, silent);
        await RegisterAsync(store, other);
        await RegisterAsync(store, silent with { BeatKnown = 1, BeatSent = 1 });

        (await store.RemoveReplicaAsync(silent.ReplicaId, beat: 1, CancellationToken.None)).ShouldBeFalse("it has beaten since");
        (await store.RemoveReplicaAsync(silent.ReplicaId, beat: 2, CancellationToken.None)).ShouldBeTrue();

        (await LookAsync(store)).Rows.ShouldHaveSingleItem().ReplicaId.ShouldBe(other.ReplicaId);
    }

    [Fact]
    public async Task A_report_raises_ticket_and_horizon_and_never_lowers_them()
    {
        var (store, own) = (NewStore(), Replica(ticket: 5, horizon: 4));
        await RegisterAsync(store, own);

        await ReportAsync(9, 8, (9, 8));
        await ReportAsync(7, 20, (9, 8));
        await ReportAsync(9, 12, (9, 12));
        await ReportAsync(9, 11, (9, 12));
        await ReportAsync(10, 3, (10, 12));
        await RegisterAsync(store, own with { BeatKnown = 1, BeatSent = 1 });
        (await RowAsync(store)).ShouldNotBeNull().ShouldSatisfyAllConditions(row => row.Beat.ShouldBe(2), row => row.Ticket.ShouldBe(10), row => row.Horizon.ShouldBe(12));

        async Task ReportAsync(long ticket, long horizon, (long, long) expected)
        {
            await store.ReportAsync(own.ReplicaId, ticket, horizon, CancellationToken.None);
            var row = await RowAsync(store);
            (row!.Ticket, row.Horizon, row.Beat).ShouldBe((expected.Item1, expected.Item2, 1));
        }
    }

    [Fact]
    public async Task A_whole_cycle_registers_first_and_then_reads()
    {
        var (store, key, own) = (NewStore(), (await CreateAsync(Request())).Key, Replica());

        var answer = await store.RunCycleAsync([FeedStep.Register, .. Reads], new(own, 0, 10), CancellationToken.None);

        (answer.Registered, answer.Epoch).ShouldBe((true, (await LookAsync(store)).Epoch));
        answer.Changes.ShouldBe([new(key.KeyId, key.Revision)]);
        answer.Ticket.ShouldBeGreaterThan(0);
    }

    private static async Task<ReplicaRow?> RowAsync(IReplicationStore store) => (await LookAsync(store)).Rows.SingleOrDefault();
}

public sealed class ReplicaRowTestsOnSqlite() : ReplicaRowTests(Engine.Sqlite);

public sealed class ReplicaRowTestsOnSqlServer() : ReplicaRowTests(Engine.SqlServer);
