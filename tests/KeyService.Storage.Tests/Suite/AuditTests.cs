using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

public abstract class AuditTests(Engine engine) : ChainTests(engine)
{
    [Fact]
    public async Task Sixteen_writers_at_once_leave_no_gap_and_a_chain_that_holds()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 8; i++)
            {
                var key = (await CreateAsync(Request($"w{(writer + i) % 2}"))).Key;
                await SetStatusAsync(key, KeyStatus.Disabled);
            }
        })));

        foreach (var workspaceId in new[] { "w0", "w1" })
            (await Store.EventsAsync(workspaceId)).Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, 128).Select(i => (long)i));
        (await Store.VerifyAsync()).ShouldBe([new("w0", 128, 128, null), new("w1", 128, 128, null)]);
    }

    [Fact]
    public async Task Events_are_listed_newest_first_in_pages_and_by_key()
    {
        var keys = await MakeAsync("w1", 12);
        var queries = Store.Get<AuditQueries>();

        for (var size = 1; size <= 13; size++)
        {
            var seen = new List<long>();
            for (List<AuditEvent> page; (page = await queries.ListAsync("w1", "", seen.Count == 0 ? null : seen[^1], size, CancellationToken.None)).Count > 0;)
                seen.AddRange(page.Select(e => e.Sequence));
            seen.ShouldBe(Enumerable.Range(1, 12).Reverse().Select(i => (long)i));
        }

        var one = (await queries.ListAsync("w1", keys[3].KeyId, null, 10, CancellationToken.None)).ShouldHaveSingleItem();
        (one.Action, one.KeyId, one.Before, one.After!.Name).ShouldBe(("CreateKey", keys[3].KeyId, null, "a key"));
        one.Actor.ShouldBe(Requester.Actor);
        (await queries.ListAsync("w2", "", null, 10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_purge_takes_what_is_old_and_leaves_a_chain_that_holds()
    {
        await MakeAsync("w1", 5);
        await MakeAsync("w2", 5);
        Store.Time.Advance(TimeSpan.FromDays(10));
        await MakeAsync("w1", 4);

        (await PurgeAsync()).ShouldBe(10);

        (await Store.EventsAsync("w1")).Select(e => e.Sequence).ShouldBe([6, 7, 8, 9]);
        (await Store.EventsAsync("w2")).ShouldBeEmpty();
        (await Store.VerifyAsync()).ShouldBe([new("w1", 4, 9, null), new("w2", 0, 5, null)]);
        (await PurgeAsync()).ShouldBe(0);

        await MakeAsync("w2", 1);
        (await Store.EventsAsync("w2")).ShouldHaveSingleItem().Sequence.ShouldBe(6);
        (await Store.VerifyAsync()).ShouldBe([new("w1", 4, 9, null), new("w2", 1, 6, null)]);
    }

    [Fact]
    public async Task A_purge_stops_at_the_first_event_that_is_young_enough()
    {
        await MakeAsync("w1", 2);
        var young = Store.Time.GetUtcNow().AddDays(10);
        // A clock that ran ahead for one event.
        await MakeAsync("w1", 1);
        await MakeAsync("w1", 2);
        await RewriteTimeAsync(3, young);
        Store.Time.Advance(TimeSpan.FromDays(10));

        (await PurgeAsync()).ShouldBe(2);
        (await Store.EventsAsync("w1")).Select(e => e.Sequence).ShouldBe([3, 4, 5]);
    }

    [Fact]
    public async Task A_purge_between_the_reads_of_a_check_is_no_damage()
    {
        await MakeAsync("w1", 3);
        await MakeAsync("w2", 5);
        Store.Time.Advance(TimeSpan.FromDays(10));
        await MakeAsync("w2", 5);

        var checks = new List<ChainCheck>();
        await foreach (var check in Store.Get<AuditVerifier>().VerifyAsync(CancellationToken.None))
        {
            // The heads of all workspaces were read before the first answer.
            if (checks.Count == 0) (await PurgeAsync()).ShouldBe(8);
            checks.Add(check);
        }

        checks.ShouldBe([new("w1", 3, 3, null), new("w2", 5, 10, null)]);
    }

    [Fact]
    public async Task Events_written_between_the_reads_of_a_check_are_no_damage()
    {
        await MakeAsync("w1", 3);
        await MakeAsync("w2", 3);

        var checks = new List<ChainCheck>();
        await foreach (var check in Store.Get<AuditVerifier>().VerifyAsync(CancellationToken.None))
        {
            if (checks.Count == 0)
            {
                await MakeAsync("w2", 2);
                await MakeAsync("w3", 2);
            }

            checks.Add(check);
        }

        checks.ShouldBe([new("w1", 3, 3, null), new("w2", 3, 3, null), new("w3", 2, 2, null)]);
    }

    [Fact]
    public async Task A_purge_while_a_check_runs_does_not_hide_damage()
    {
        await MakeAsync("w1", 3);
        await MakeAsync("w2", 5);
        Store.Time.Advance(TimeSpan.FromDays(10));
        await MakeAsync("w2", 5);
        await Store.ExecuteAsync("UPDATE AuditEvents SET Actor = 'altered' WHERE WorkspaceId = 'w2' AND Sequence = 7");

        var checks = new List<ChainCheck>();
        await foreach (var check in Store.Get<AuditVerifier>().VerifyAsync(CancellationToken.None))
        {
            if (checks.Count == 0) await PurgeAsync();
            checks.Add(check);
        }

        checks[1].Problem.ShouldBe("event 7 was altered, or an event before it");
    }

    [Fact]
    public async Task A_chain_longer_than_a_batch_is_walked_and_purged_whole()
    {
        await MakeAsync("w1", 1_010);

        (await Store.VerifyAsync()).ShouldBe([new("w1", 1_010, 1_010, null)]);
        Store.Time.Advance(TimeSpan.FromDays(10));
        (await PurgeAsync()).ShouldBe(1_010);
        (await Store.VerifyAsync()).ShouldBe([new("w1", 0, 1_010, null)]);
    }

    private Task RewriteTimeAsync(long sequence, DateTimeOffset time) => Store.WithContextAsync(context =>
        context.AuditEvents.Where(e => e.Sequence == sequence).ExecuteUpdateAsync(set => set.SetProperty(e => e.EventTime, time)));
}

public sealed class AuditTestsOnSqlite() : AuditTests(Engine.Sqlite);

public sealed class AuditTestsOnSqlServer() : AuditTests(Engine.SqlServer);
