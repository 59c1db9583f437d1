using System.Diagnostics;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using KeyService.Storage.Tests.Stores;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Suite;

public sealed class SqliteFeedTests() : ReplicationTests(Engine.Sqlite)
{
    [Fact]
    public async Task Each_step_reads_what_was_committed_before_it_began_in_the_order_given()
    {
        var key = (await CreateAsync(Request())).Key;
        using var done = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++) await SetStatusAsync(key, i % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled);
        });
        var (store, moved) = (NewStore(), 0);
        try
        {
            // The counter is the revision of the one key: whoever reads later reads the same or more.
            for (var i = 0; moved < 5 && i < 20_000; i++)
            {
                var forth = await RunAsync([FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges]);
                (forth.Ticket <= forth.Watermark - 1 && forth.Watermark - 1 <= forth.Revision).ShouldBeTrue($"{forth}");
                var back = await RunAsync([FeedStep.ReadChanges, FeedStep.ReadWatermark, FeedStep.DrawTicket]);
                (back.Revision <= back.Watermark - 1 && back.Watermark - 1 <= back.Ticket).ShouldBeTrue($"{back}");
                if (forth.Ticket < forth.Revision || back.Revision < back.Ticket) moved++;
            }
        }
        finally
        {
            await done.CancelAsync();
            await writer;
        }

        moved.ShouldBeGreaterThan(0, "a change between two steps is seen by the second: none holds its snapshot for the next");

        async Task<(long Ticket, long Watermark, long Revision)> RunAsync(FeedStep[] steps)
        {
            var answer = await store.RunCycleAsync(steps, new(Replica(), 0, 10), CancellationToken.None);
            return (answer.Ticket, answer.Watermark, answer.Changes[0].Revision);
        }
    }

    [Fact]
    public async Task Revisions_that_were_not_committed_are_neither_ticket_nor_watermark()
    {
        var key = (await CreateAsync(Request())).Key;
        var answer = await ReadAsync(NewStore());

        (answer.Ticket, answer.Watermark, NewStore().SettleTime).ShouldBe((key.Revision, key.Revision + 1, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_write_of_the_feed_waits_a_second_for_the_file_and_then_gives_up()
    {
        var (store, own) = (NewStore(), Replica());
        await RegisterAsync(store, own);
        await using (var held = new SqliteConnection($"Data Source={((SqliteTestStore)Store).File};Pooling=False"))
        {
            held.Open();
            await using var transaction = held.BeginTransaction(deferred: false);
            var waited = Stopwatch.StartNew();

            (await Should.ThrowAsync<SqliteException>(() => RegisterAsync(store, own with { BeatKnown = 1, BeatSent = 1 }))).SqliteErrorCode.ShouldBe(5);

            // The library itself would go on for 30 s.
            waited.Elapsed.ShouldBeInRange(TimeSpan.FromMilliseconds(800), TimeSpan.FromSeconds(20));
            (await ReadAsync(store).WaitAsync(TimeSpan.FromSeconds(20))).Epoch.ShouldNotBeNull();
        }

        (await RegisterAsync(store, own with { BeatKnown = 1, BeatSent = 2 })).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_its_turn_a_write_of_the_feed_goes_to_the_file()
    {
        var engine = Store.NewEngine();
        using var stuck = await engine.EnterWriteAsync(CancellationToken.None);

        (await RegisterAsync(engine.Replication, Replica()).WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
    }

    [Fact]
    public void Connections_of_the_feed_do_not_sync_each_beat_and_wait_a_second() =>
        SqliteFeedStatements.ConnectionSettings.ShouldBe("PRAGMA busy_timeout=1000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");

    /// <summary>Whoever has the old file open would answer from it for ever, and never hear of a change.</summary>
    [Fact]
    public async Task A_file_that_was_replaced_while_it_was_open_answers_no_read_and_the_new_one_does()
    {
        var key = (await CreateAsync(Request())).Key;
        var (engine, file) = (Store.NewEngine(), ((SqliteTestStore)Store).File);
        var own = Replica();
        (await RegisterAsync(engine.Replication, own)).ShouldBeTrue();
        (await engine.FindKeyAsync(new byte[32], CancellationToken.None)).ShouldBeNull();
        (await GetAsync(key)).KeyId.ShouldBe(key.KeyId);
        File.Copy(file, file + ".copy");
        File.Move(file + ".copy", file, overwrite: true);

        (await Should.ThrowAsync<StoreUnavailableException>(() => RegisterAsync(engine.Replication, own with { BeatKnown = 1, BeatSent = 1 }))).Failure.ShouldContain("replaced");
        await Should.ThrowAsync<StoreUnavailableException>(async () =>
        {
            // It looks ten times a second.
            for (var begun = Stopwatch.StartNew(); begun.Elapsed < TimeSpan.FromSeconds(20);) await engine.FindKeyAsync(new byte[32], CancellationToken.None);
        });
        await Should.ThrowAsync<StoreUnavailableException>(() => GetAsync(key));

        (await ReadAsync(engine.Replication)).Epoch.ShouldNotBeNull();
        (await GetAsync(key)).KeyId.ShouldBe(key.KeyId);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_a_copy()
    {
        using var connection = new SqliteConnection($"Data Source={((SqliteTestStore)Store).File};Mode=ReadOnly;Pooling=False");
        connection.Open();

        Should.Throw<StoreUnavailableException>(() => SqliteFile.MustBeLive(connection)).Failure.ShouldContain("read-only");
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_not_made()
    {
        var folder = Path.Combine(Store.Folder, "none");
        Directory.CreateDirectory(folder);
        using var engine = new SqliteEngine(folder, TimeProvider.System);

        await Should.ThrowAsync<SqliteException>(() => ReadAsync(engine.Replication));

        Directory.EnumerateFiles(folder).ShouldBeEmpty();
    }
}
