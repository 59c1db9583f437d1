using System.Diagnostics;
using KeyService.FunctionalTests.Infrastructure;
using StackExchange.Redis;

namespace KeyService.FunctionalTests.Redis;

/// <summary>The log and the metrics say why Redis cannot be used, once, and no secret of the connection string.</summary>
public sealed class CausesTests
{
    [Fact]
    public async Task A_wrong_password_is_named_once_and_not_shown()
    {
        await using var redis = await RedisServer.StartNewAsync();
        await redis.RequirePasswordAsync("right");
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(
            store, (redis.Setting.Name, redis.Setting.Value + ",password=hunter2secret"));

        await Eventually.IsTrueAsync(async () => await server.SumAsync("keyservice_condition_failures_total", "condition=\"redis\"") > 3, "several pings failed");

        Lines(server, "Redis is away").ShouldHaveSingleItem().ShouldContain("WRONGPASS");
        Lines(server, "Nudges are not heard").Count.ShouldBeLessThanOrEqualTo(2);
        (await server.SumAsync("keyservice_condition_active", "cause=\"WRONGPASS")).ShouldBe(1);
        server.Output.ShouldNotContain(line => line.Contains("hunter2secret"));
        (await server.MetricsAsync()).ShouldNotContain("hunter2secret");
    }

    [Fact]
    public async Task A_refused_connection_is_one_line_for_each_thing_that_is_affected()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("ConnectionStrings__Redis", "127.0.0.1:1"));

        await Eventually.IsTrueAsync(async () => await server.SumAsync("keyservice_condition_failures_total", "condition=\"redis\"") > 3, "several pings failed");

        Lines(server, "Redis is away").ShouldHaveSingleItem().ShouldContain("connection refused");
        Lines(server, "Nudges are not heard").ShouldHaveSingleItem().ShouldContain("connection refused");
    }

    [Fact]
    public async Task A_password_that_is_changed_and_values_that_are_refused_are_named()
    {
        await using var redis = await RedisServer.StartNewAsync();
        await using var store = new TestStore();
        // Memory holds few keys: the others are read, and put into Redis, again and again.
        await using var server = await TestServer.StartInProcessAsync(store, redis.Setting, ("KeyService__CacheCapacity", "100"));
        var created = await server.Client.CreateKeyAsync(new() { WorkspaceId = "w", Name = "n" }, server.Root);
        foreach (var (setting, value, cause) in ((string, string, string)[])[("min-replicas-to-write", "1", "NOREPLICAS"), ("maxmemory", "1", "OOM")])
        {
            await redis.ConfigureAsync(setting, value);
            await Eventually.IsTrueAsync(
                async () =>
                {
                    await server.SetStatusAsync(created.Key, KeyService.Contracts.V1.KeyStatus.Enabled);
                    created = await server.Client.CreateKeyAsync(new() { WorkspaceId = "w", Name = "n" }, server.Root);
                    return Lines(server, $"({cause}:").Count == 1;
                },
                $"{cause} is named");
            await redis.ConfigureAsync(setting, "0");
        }

        await redis.RequirePasswordAsync("other");
        await redis.DropConnectionsAsync();
        await Eventually.IsTrueAsync(() => Lines(server, "(NOAUTH:").Count > 0, "NOAUTH is named");
    }

    private static List<string> Lines(TestServer server, string text) =>
        [.. server.Output.Where(line => line.Contains(text, StringComparison.Ordinal))];
}
