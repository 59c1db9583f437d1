using System.Diagnostics;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Redis;

/// <summary>Redis is only ever a cache: without it every verdict is right, and quick once the breaker is open.</summary>
public sealed class RedisAwayTests(ITestOutputHelper output, ForgetfulServer server) : IClassFixture<ForgetfulServer>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await server.ResetAsync();

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task Keys_that_memory_no_longer_holds_are_answered_by_Redis()
    {
        await server.FillRedisAsync();

        await server.RedisAnswersAsync();
    }

    [Fact]
    public async Task Absent_at_start_it_delays_nothing_and_is_used_when_it_comes()
    {
        await using var alone = await ForgetfulServer.StartAsync(redisIsThere: false);
        await alone.EveryVerdictIsRightAsync();

        await alone.Redis.StartAsync();

        await alone.RedisAnswersAsync();
    }

    [Fact]
    public async Task Killed_while_in_use_it_changes_no_verdict_and_is_used_when_it_is_back()
    {
        await server.FillRedisAsync();

        await server.Redis.KillAsync();
        await server.EveryVerdictIsRightAsync();
        await server.SwitchAsync(server.Keys[1], KeyStatus.Disabled);
        await server.EveryVerdictIsRightAsync();

        await server.Redis.StartAsync();
        await server.RedisAnswersAsync();
    }

    [Fact]
    public async Task Frozen_it_changes_no_verdict_and_soon_delays_none()
    {
        await server.FillRedisAsync();

        server.Redis.Freeze();
        await server.EveryVerdictIsRightAsync();
        await Eventually.IsTrueAsync(
            async () =>
            {
                await server.EveryVerdictIsRightAsync();
                return await server.Process.SumAsync("keyservice_redis_breaker_open") > 0;
            },
            "the breaker is open");
        var times = new List<TimeSpan>();
        var root = server.Process.Root;
        foreach (var key in server.Keys)
        {
            var start = Stopwatch.GetTimestamp();
            var answer = await server.Process.Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, root, KeyBatch.Deadline);
            times.Add(Stopwatch.GetElapsedTime(start));
            answer.Verdict.ShouldBe(server.Expected[key.Key.KeyId]);
        }

        times.Sort();
        output.WriteLine($"one after the other: median {times[times.Count / 2]}, 95 % {times[times.Count * 95 / 100]}, longest {times[^1]}");
        // One call a second still finds out whether it is back, and waits 50 ms for that. Without the breaker all would but those that memory answers.
        times[times.Count / 2].ShouldBeLessThan(TimeSpan.FromMilliseconds(50));

        await server.SwitchAsync(server.Keys[1], KeyStatus.Disabled);
        server.Redis.Thaw();
        await server.RedisAnswersAsync();
    }

    [Fact]
    public async Task Emptied_it_is_filled_again()
    {
        await server.FillRedisAsync();

        await server.Redis.FlushAllAsync();

        await server.FillRedisAsync();
        await server.RedisAnswersAsync();
    }
}
