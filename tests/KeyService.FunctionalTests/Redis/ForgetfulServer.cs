using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Redis;

/// <summary>
/// A server that keeps 100 keys in memory, with a Redis of its own, and 300 keys of which every third is disabled: asked in turn, most of them
/// are no longer in memory.
/// </summary>
internal sealed class ForgetfulServer : IAsyncDisposable
{
    private const int KeyCount = 300;
    private const int KeptInMemory = 100;

    private ForgetfulServer(TestStore store, RedisServer redis, ServerProcess process)
    {
        (Store, Redis, Process) = (store, redis, process);
    }

    public TestStore Store { get; }

    public RedisServer Redis { get; }

    public ServerProcess Process { get; private set; }

    public List<CreateKeyResponse> Keys { get; private set; } = [];

    /// <summary>What each key's verdict must be, by key id.</summary>
    public Dictionary<string, Verdict> Expected { get; } = new(StringComparer.Ordinal);

    public static async Task<ForgetfulServer> StartAsync(bool redisIsThere = true)
    {
        var store = new TestStore();
        var redis = new RedisServer();
        if (redisIsThere) await redis.StartAsync();
        var server = new ForgetfulServer(store, redis, await StartProcessAsync(store, redis.Setting));
        try
        {
            if (redisIsThere) await server.RedisIsConnectedAsync();
            await server.MakeKeysAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task SwitchAsync(CreateKeyResponse key, KeyStatus status)
    {
        await Process.SetStatusAsync(key.Key, status);
        Expected[key.Key.KeyId] = status == KeyStatus.Enabled ? Verdict.Valid : Verdict.Disabled;
    }

    /// <summary>Asks for every key once; each verdict must be right.</summary>
    public async Task EveryVerdictIsRightAsync() =>
        (await Process.ValidateAllAsync(Keys)).ShouldBe(Expected, ignoreOrder: true);

    /// <summary>Asks for every key until Redis has most of them: what memory goes on holding is not written again.</summary>
    public async Task FillRedisAsync() => await Eventually.IsTrueAsync(
        async () =>
        {
            await EveryVerdictIsRightAsync();
            return (await Redis.KeysAsync()).Count >= KeyCount - KeptInMemory;
        },
        "Redis has most keys");

    /// <summary>Asks for every key, again and again, until Redis answers for many.</summary>
    public async Task RedisAnswersAsync()
    {
        var before = await AnsweredByRedisAsync();
        await Eventually.IsTrueAsync(
            async () =>
            {
                await EveryVerdictIsRightAsync();
                return await AnsweredByRedisAsync() >= before + KeyCount;
            },
            "Redis answers", seconds: 30);
    }

    public Task<double> AnsweredByRedisAsync() => Process.SumAsync("keyservice_lookups_total", "source=\"redis\"");

    public Task RedisIsConnectedAsync() => Eventually.IsTrueAsync(
        () => Process.Output.Any(line => line.Contains("Redis is connected", StringComparison.Ordinal)), "Redis is connected");

    /// <summary>Another process on the same store; without Redis when told so.</summary>
    public async Task RestartAsync(bool withRedis)
    {
        await Process.DisposeAsync();
        Process = await StartProcessAsync(Store, withRedis ? Redis.Setting : ("ConnectionStrings__Redis", ""));
        if (withRedis) await RedisIsConnectedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await Redis.DisposeAsync();
        await Store.DisposeAsync();
    }

    private async Task MakeKeysAsync()
    {
        Keys = await Process.CreateKeysAsync(SharedServer.NewWorkspace(), KeyCount);
        foreach (var key in Keys) Expected[key.Key.KeyId] = Verdict.Valid;
        foreach (var key in Keys.Where((_, i) => i % 3 == 0)) await SwitchAsync(key, KeyStatus.Disabled);
    }

    private static Task<ServerProcess> StartProcessAsync(TestStore store, (string, string) redis) =>
        ServerProcess.StartAsync(store, redis, ("KeyService__CacheCapacity", $"{KeptInMemory}"));
}
