using System.Collections.Concurrent;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

public abstract class FeedTests(Engine engine) : ReplicationTests(engine)
{
    [Fact]
    public async Task Changes_above_the_horizon_come_in_order_each_key_once_and_no_others()
    {
        var keys = new List<KeyRecord>();
        for (var i = 0; i < 4; i++) keys.Add((await CreateAsync(Request($"w{i % 2}"))).Key);
        keys[0] = (await SetStatusAsync(keys[0], KeyStatus.Disabled)).Key.Key;
        var store = NewStore();

        var all = await ReadAsync(store);
        all.Changes.ShouldBe([Change(keys[1]), Change(keys[2]), Change(keys[3]), Change(keys[0])]);
        all.Watermark.ShouldBeGreaterThan(keys[0].Revision);
        (await ReadAsync(store, keys[2].Revision)).Changes.ShouldBe([Change(keys[3]), Change(keys[0])]);
        (await ReadAsync(store, keys[2].Revision - 1)).Changes.ShouldBe([Change(keys[2]), Change(keys[3]), Change(keys[0])]);
        (await ReadAsync(store, keys[0].Revision)).Changes.ShouldBeEmpty();
        (await ReadAsync(store, long.MaxValue)).Changes.ShouldBeEmpty();
        // One more than asked for, to tell that there are too many; the lowest, so that a horizon can follow.
        (await ReadAsync(store, most: 2)).Changes.ShouldBe([Change(keys[1]), Change(keys[2]), Change(keys[3])]);
    }

    [Fact]
    public async Task An_empty_store_has_a_watermark_an_epoch_and_the_time()
    {
        var answer = await ReadAsync(NewStore());

        answer.Changes.ShouldBeEmpty();
        answer.Watermark.ShouldBeGreaterThan(0);
        answer.Epoch!.Id.ShouldMatch("^[0-9a-f]{32}$");
        answer.Epoch.RenewTime.ShouldBeNull();
        (answer.DatabaseTime - TimeProvider.System.GetUtcNow()).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1));
        answer.DatabaseTime.Offset.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Steps_left_out_leave_their_part_at_the_default()
    {
        await CreateAsync(Request());
        var store = NewStore();

        var drawn = await store.RunCycleAsync([FeedStep.DrawTicket], new(Replica(), 0, 10), CancellationToken.None);
        drawn.Ticket.ShouldBeGreaterThan(0);
        drawn.ShouldBe(new(false, drawn.Ticket, 0, null, default, []), new SameAnswer());
        var read = await store.RunCycleAsync([FeedStep.ReadChanges], new(Replica(), 0, 10), CancellationToken.None);
        read.Changes.Count.ShouldBe(1);
        read.ShouldBe(new(false, 0, 0, null, default, read.Changes), new SameAnswer());
        (await LookAsync(store)).Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tickets_are_drawn_in_real_time_order_by_whatever_process()
    {
        var stores = new[] { NewStore(), NewStore(), NewStore() };
        var last = 0L;
        for (var i = 0; i < 30; i++)
        {
            var ticket = i % 2 == 0 ? (await LookAsync(stores[i % 3], drawTicket: true)).Ticket : (await ReadAsync(stores[i % 3])).Ticket;
            if (Store is SqlServerTestStore) ticket.ShouldBeGreaterThan(last);
            else ticket.ShouldBeGreaterThanOrEqualTo(last);
            last = ticket;
            if (i % 7 == 0) await CreateAsync(Request());
        }

        (await LookAsync(stores[0])).Ticket.ShouldBe(0, "none was asked for");
    }

    [Fact]
    public async Task A_cycle_whose_ticket_is_at_or_past_a_writers_has_the_writers_change()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => CreateAsync(Request($"w{i}"))));
        var (writes, cycles) = (new ConcurrentQueue<(long Ticket, KeyChange Change)>(), new ConcurrentQueue<FeedAnswer>());
        var writers = Task.WhenAll(keys.Select(key => Task.Run(async () =>
        {
            var writer = NewWriter();
            for (var i = 0; i < 20; i++)
            {
                var (view, _) = await SetStatusAsync(key.Key, i % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled);
                writes.Enqueue(((await LookAsync(writer, drawTicket: true)).Ticket, Change(view.Key)));
            }
        })));
        var readers = Enumerable.Range(0, 2).Select(_ => NewWriter()).Select(reader => Task.Run(async () =>
        {
            do cycles.Enqueue(await ReadAsync(reader));
            while (!writers.IsCompleted);
            cycles.Enqueue(await ReadAsync(reader));
        })).ToList();
        await Task.WhenAll([writers, .. readers]);

        var pairs = 0;
        foreach (var (ticket, change) in writes)
        {
            foreach (var cycle in cycles.Where(cycle => cycle.Ticket >= ticket))
            {
                cycle.Changes.Single(seen => seen.KeyId == change.KeyId).Revision.ShouldBeGreaterThanOrEqualTo(change.Revision);
                pairs++;
            }
        }

        pairs.ShouldBeGreaterThan(writes.Count);
        cycles.ShouldAllBe(cycle => cycle.Changes.Select(change => change.Revision).SequenceEqual(cycle.Changes.Select(change => change.Revision).Order()));
    }

    [Fact]
    public async Task A_revision_in_an_open_transaction_is_not_below_the_watermark_and_holds_up_no_read()
    {
        var key = (await CreateAsync(Request())).Key;
        var store = NewStore();
        using var turn = await Store.Engine.Inner.EnterWriteAsync(CancellationToken.None);
        await using var context = Store.Engine.Inner.CreateLookupContext();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var row = await context.ApiKeys.SingleAsync(stored => stored.KeyId == key.KeyId);
        row.Name = "uncommitted";
        await Store.Engine.Inner.StampRevisionAsync(context, row, CancellationToken.None);
        await context.SaveChangesAsync();
        row.Revision.ShouldBeGreaterThan(key.Revision);

        var before = await ReadAsync(store).WaitAsync(TimeSpan.FromSeconds(20));
        before.Watermark.ShouldBeLessThanOrEqualTo(row.Revision);
        before.Changes.ShouldBe([Change(key)]);
        (await LookAsync(store, drawTicket: true).WaitAsync(TimeSpan.FromSeconds(20))).Ticket.ShouldBeGreaterThan(0);

        await transaction.CommitAsync();
        var after = await ReadAsync(store);
        after.Watermark.ShouldBeGreaterThan(row.Revision);
        after.Changes.ShouldBe([new(key.KeyId, row.Revision)]);
    }

    [Fact]
    public async Task A_caller_that_went_away_gets_no_answer()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => NewStore().RunCycleAsync(Reads, new(Replica(), 0, 10), gone.Token));
        await Should.ThrowAsync<OperationCanceledException>(() => NewStore().LookAsync(drawTicket: true, gone.Token));
    }

    // Engines are kept in a list that is not for threads.
    private readonly Lock _opening = new();

    private IReplicationStore NewWriter()
    {
        lock (_opening) return NewStore();
    }

    private static KeyChange Change(KeyRecord key) => new(key.KeyId, key.Revision);

    /// <summary>A list is equal to another with the same changes.</summary>
    private sealed class SameAnswer : IEqualityComparer<FeedAnswer>
    {
        public bool Equals(FeedAnswer? x, FeedAnswer? y) => x! with { Changes = [] } == y! with { Changes = [] } && x.Changes.SequenceEqual(y.Changes);

        public int GetHashCode(FeedAnswer obj) => 0;
    }
}

public sealed class FeedTestsOnSqlite() : FeedTests(Engine.Sqlite);

public sealed class FeedTestsOnSqlServer() : FeedTests(Engine.SqlServer);
