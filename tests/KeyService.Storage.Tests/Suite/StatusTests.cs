using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

public abstract class StatusTests(Engine engine) : StoreTests(engine)
{
    [Fact]
    public async Task A_right_etag_changes_a_stale_one_does_not()
    {
        var key = (await CreateAsync(Request())).Key;
        var disabled = (await SetStatusAsync(key, KeyStatus.Disabled, Etag.Of(key.Revision))).Key.Key;
        disabled.Status.ShouldBe(KeyStatus.Disabled);

        (await RefusalOf(SetStatusAsync(key, KeyStatus.Enabled, Etag.Of(key.Revision)))).ShouldBe(Refusal.StaleEtag);
        (await GetAsync(key)).Status.ShouldBe(KeyStatus.Disabled);
        (await Store.EventsAsync("w1")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_holds_already_is_answered_whatever_the_etag()
    {
        var key = (await CreateAsync(Request())).Key;
        var disabled = (await SetStatusAsync(key, KeyStatus.Disabled)).Key.Key;

        var (again, report) = await SetStatusAsync(key, KeyStatus.Disabled, Etag.Of(key.Revision));

        again.Key.Revision.ShouldBe(disabled.Revision);
        report.Complete.ShouldBeTrue();
        (await Store.EventsAsync("w1")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_of_another_workspace_is_not_found_and_begins_no_chain()
    {
        var key = (await CreateAsync(Request())).Key;

        (await RefusalOf(SetStatusAsync(key with { WorkspaceId = "w2" }, KeyStatus.Disabled))).ShouldBe(Refusal.KeyNotFound);
        (await RefusalOf(SetStatusAsync(key with { KeyId = "key_none" }, KeyStatus.Disabled))).ShouldBe(Refusal.KeyNotFound);
        (await Store.Queries.ListWorkspacesAsync(10, CancellationToken.None)).ShouldBe(["w1"]);
    }

    [Fact]
    public async Task A_change_raises_the_floor_of_its_key()
    {
        var key = (await CreateAsync(Request())).Key;
        var disabled = (await SetStatusAsync(key, KeyStatus.Disabled)).Key.Key;

        Store.Floors.Allows(key.KeyId, key.Revision, horizon: 0).ShouldBeFalse();
        Store.Floors.Allows(key.KeyId, disabled.Revision, horizon: 0).ShouldBeTrue();
    }

    [Fact]
    public async Task Changes_of_one_key_at_once_come_one_after_the_other()
    {
        var key = (await CreateAsync(Request())).Key;

        var changes = await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            Task.Run(() => SetStatusAsync(key, i % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled, reason: $"{i}"))));

        var events = await Store.EventsAsync("w1");
        var told = events.ConvertAll(e => (Before: AuditTrail.FromJson(e.Before), After: AuditTrail.FromJson(e.After)));
        for (var i = 1; i < told.Count; i++)
        {
            (told[i].Before!.Status, told[i].Before!.StatusReason).ShouldBe((told[i - 1].After!.Status, told[i - 1].After!.StatusReason));
            // Each change has a reason of its own, so one that repeats the status is a change too.
            told[i].After!.StatusReason.ShouldNotBe(told[i].Before!.StatusReason);
        }

        var last = await GetAsync(key);
        (last.Status, last.StatusReason).ShouldBe((told[^1].After!.Status, told[^1].After!.StatusReason));
        last.Revision.ShouldBe(changes.Max(change => change.Key.Key.Revision));
    }

    [Fact]
    public async Task Of_changes_under_one_etag_at_once_one_happens()
    {
        var key = (await CreateAsync(Request())).Key;
        await SetStatusAsync(key, KeyStatus.Disabled);
        var disabled = await GetAsync(key);

        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            try
            {
                // Each would end on a status of its own: switched on, and off again by whoever comes next with the same etag.
                await SetStatusAsync(key, KeyStatus.Enabled, Etag.Of(disabled.Revision));
                await SetStatusAsync(key, KeyStatus.Disabled, Etag.Of(disabled.Revision));
            }
            catch (RefusedException e) when (e.Reason == Refusal.StaleEtag)
            {
                Interlocked.Increment(ref refused);
            }
        })));

        refused.ShouldBe(8);
        (await Store.EventsAsync("w1")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_change_that_fails_in_its_last_step_leaves_neither_itself_nor_its_event()
    {
        var key = (await CreateAsync(Request())).Key;
        Store.Engine.BeforeStamp = () => throw new TimeoutException("The last step.");

        await Should.ThrowAsync<StoreUnavailableException>(() => SetStatusAsync(key, KeyStatus.Disabled));
        await Should.ThrowAsync<StoreUnavailableException>(() => CreateAsync(Request(), "r1"));

        Store.Engine.BeforeStamp = () => Task.CompletedTask;
        var read = await GetAsync(key);
        (read.Status, read.StatusReason, read.UpdateTime, read.Revision).ShouldBe((key.Status, key.StatusReason, key.UpdateTime, key.Revision));
        (await Store.EventsAsync("w1")).ShouldHaveSingleItem();
        (await CountKeysAsync()).ShouldBe(1);

        await SetStatusAsync(key, KeyStatus.Disabled);
        await CreateAsync(Request(), "r1");
        (await Store.EventsAsync("w1")).Select(e => e.Sequence).ShouldBe([1, 2, 3]);
        (await Store.VerifyAsync()).ShouldAllBe(check => check.Problem == null);
    }

    [Fact]
    public async Task Who_leaves_while_waiting_for_the_turn_to_write_changes_nothing()
    {
        var key = (await CreateAsync(Request())).Key;
        Store.Engine.BeforeWrite = () => throw new OperationCanceledException();

        await Should.ThrowAsync<OperationCanceledException>(() => SetStatusAsync(key, KeyStatus.Disabled));

        Store.Floors.Allows(key.KeyId, key.Revision, horizon: 0).ShouldBeTrue();
    }

    /// <summary>What another clock wrote: a year ahead it was wrong, half a minute ahead this one was set back.</summary>
    [Theory]
    [InlineData(366 * 86_400, 0)]
    [InlineData(30, 30)]
    public async Task An_update_time_in_the_future_stays_only_when_it_is_near(int secondsAhead, int secondsExpected)
    {
        var key = (await CreateAsync(Request())).Key;
        var ahead = Store.Time.GetUtcNow().AddSeconds(secondsAhead);
        await Store.WithContextAsync(context => context.ApiKeys.ExecuteUpdateAsync(set => set.SetProperty(row => row.UpdateTime, ahead)));

        await SetStatusAsync(key, KeyStatus.Disabled);

        (await GetAsync(key)).UpdateTime.ShouldBe(Store.Time.GetUtcNow().AddSeconds(secondsExpected));
    }

    private static async Task<Refusal> RefusalOf(Task task) => (await Should.ThrowAsync<RefusedException>(task)).Reason;
}

public sealed class StatusTestsOnSqlite() : StatusTests(Engine.Sqlite);

public sealed class StatusTestsOnSqlServer() : StatusTests(Engine.SqlServer);
