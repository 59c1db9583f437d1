using System.Text.Json;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Storage;
using KeyService.Server.Usage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

public abstract class UsageTests(Engine engine) : StoreTests(engine)
{
    private static readonly DateTimeOffset Used = new DateTimeOffset(2025, 5, 6, 7, 8, 9, TimeSpan.Zero).AddTicks(1_234_560);

    [Fact]
    public async Task A_use_shows_in_reads_and_lists_and_does_not_change_the_key()
    {
        var key = (await CreateAsync(Request())).Key;
        var unused = (await CreateAsync(Request())).Key;

        await FlushAsync((key.KeyId, Used));

        (await LastUsedAsync(key)).ShouldBe(Used);
        (await LastUsedAsync(unused)).ShouldBeNull();
        var listed = await ListAllAsync(new("w1", "", null, KeyOrder.NewestFirst, null, 10));
        listed.Single(view => view.Key.KeyId == key.KeyId).LastUsedTime.ShouldBe(Used);
        listed.Single(view => view.Key.KeyId == unused.KeyId).LastUsedTime.ShouldBeNull();
        (await GetAsync(key)).Revision.ShouldBe(key.Revision);
        (await SetStatusAsync(key, KeyStatus.Disabled)).Key.LastUsedTime.ShouldBe(Used);
    }

    [Fact]
    public async Task A_time_never_goes_back_and_a_key_that_is_gone_is_passed_over()
    {
        var key = (await CreateAsync(Request())).Key;

        await FlushAsync((key.KeyId, Used), ("key_gone", Used));
        await FlushAsync((key.KeyId, Used.AddTicks(-10)), (key.KeyId.ToUpperInvariant(), Used.AddDays(1)));
        (await LastUsedAsync(key)).ShouldBe(Used);

        await FlushAsync((key.KeyId, Used.AddTicks(10)), ("key_gone", Used));
        (await LastUsedAsync(key)).ShouldBe(Used.AddTicks(10));
        (await Store.WithContextAsync(context => context.KeyUsage.CountAsync())).ShouldBe(1);
    }

    [Fact]
    public async Task A_time_that_a_wrong_clock_put_into_the_future_gives_way_to_the_next_use()
    {
        var key = (await CreateAsync(Request())).Key;
        var now = UtcMicroseconds.Now(TimeProvider.System);

        await FlushAsync((key.KeyId, now.AddDays(366)));
        await FlushAsync((key.KeyId, now));
        (await LastUsedAsync(key)).ShouldBe(now);

        // Clocks of replicas differ by a little: that is no wrong clock.
        await FlushAsync((key.KeyId, now.AddSeconds(30)));
        await FlushAsync((key.KeyId, now.AddSeconds(1)));
        (await LastUsedAsync(key)).ShouldBe(now.AddSeconds(30));
    }

    [Fact]
    public async Task Times_in_all_years_are_kept_to_the_microsecond()
    {
        var key = (await CreateAsync(Request())).Key;
        DateTimeOffset[] times =
        [
            DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddTicks(10), Used,
            // The last second that an int holds, and the one after it.
            new(2038, 1, 19, 3, 14, 7, TimeSpan.Zero), new DateTimeOffset(2038, 1, 19, 3, 14, 8, TimeSpan.Zero).AddTicks(9_999_990),
            new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero).AddTicks(9_999_990),
        ];
        foreach (var time in times)
        {
            await FlushAsync((key.KeyId, time));
            (await LastUsedAsync(key)).ShouldBe(time);
        }
    }

    [Fact]
    public async Task A_key_named_twice_in_one_flush_gets_the_later_time()
    {
        var key = (await CreateAsync(Request())).Key;

        await FlushAsync((key.KeyId, Used.AddSeconds(1)), (key.KeyId, Used));

        (await LastUsedAsync(key)).ShouldBe(Used.AddSeconds(1));
    }

    [Fact]
    public async Task Five_thousand_keys_are_one_statement_and_flushes_may_meet()
    {
        const int count = 5_000;
        var key = (await CreateAsync(Request())).Key;
        var ids = Enumerable.Range(0, count).Select(i => $"key_{i:x32}").ToList();
        await Store.WithContextAsync(async context =>
        {
            context.ApiKeys.AddRange(ids.Select((id, i) => ApiKeyRow.From(key with { KeyId = id, Revision = 1_000 + i })));
            return await context.SaveChangesAsync();
        });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() =>
            FlushAsync([.. (i % 2 == 0 ? ids : ids.AsEnumerable().Reverse()).Select(id => (id, Used.AddSeconds(i)))]))));

        var times = await Store.WithContextAsync(context => context.KeyUsage.Select(use => use.LastUsedTime).ToListAsync());
        times.Count.ShouldBe(count);
        times.Distinct().ShouldBe([Used.AddSeconds(3)]);
    }

    [Fact]
    public async Task What_the_recorder_took_is_what_is_written()
    {
        var key = (await CreateAsync(Request())).Key;
        var recorder = Store.Get<UsageRecorder>();
        recorder.Record(key.KeyId, Store.Time.GetUtcNow().UtcTicks);
        recorder.Record("key_gone", Store.Time.GetUtcNow().UtcTicks);

        using var flusher = Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<UsageFlusher>(Store.Services);
        await flusher.FlushAsync(CancellationToken.None);

        (await LastUsedAsync(key)).ShouldBe(UtcMicroseconds.Now(Store.Time));
    }

    private async Task<DateTimeOffset?> LastUsedAsync(KeyRecord key) =>
        (await Store.Queries.GetAsync(key.WorkspaceId, key.KeyId, CancellationToken.None)).LastUsedTime;

    private Task FlushAsync(params (string Key, DateTimeOffset Time)[] uses) => Store.Engine.FlushUsageAsync(
        JsonSerializer.Serialize(uses.Select(use => new { k = use.Key, t = UtcMicroseconds.ToMicroseconds(use.Time) })), CancellationToken.None);
}

public sealed class UsageTestsOnSqlite() : UsageTests(Engine.Sqlite);

public sealed class UsageTestsOnSqlServer() : UsageTests(Engine.SqlServer);
