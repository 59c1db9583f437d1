using System.Collections.Concurrent;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Redis;

/// <summary>
/// A server that keeps 100 keys in memory, with a Redis of its own, and 300 keys of which every third is disabled: asked in turn, most of them
/// are no longer in memory. Tests of a class may share it, each after <see cref="ResetAsync"/>.
/// </summary>
public sealed class ForgetfulServer : IAsyncLifetime
{
    private const int KeyCount = 300;
    private const int KeptInMemory = 100;

    private readonly TestStore _store = new();

    internal RedisServer Redis { get; } = new();

    internal TestServer Process { get; private set; } = null!;

    public List<CreateKeyResponse> Keys { get; private set; } = [];

    /// <summary>What each key's verdict must be, by key id.</summary>
    public ConcurrentDictionary<string, Verdict> Expected { get; } = new(StringComparer.Ordinal);

    internal static async Task<ForgetfulServer> StartAsync(bool redisIsThere)
    {
        var server = new ForgetfulServer();
        try
        {
            await server.InitializeAsync(redisIsThere);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask InitializeAsync() => InitializeAsync(redisIsThere: true);

    /// <summary>Every third key is disabled, and Redis, which must be there, is empty.</summary>
    public async Task ResetAsync()
    {
        await SwitchBackAsync();
        await Redis.FlushAllAsync();
    }

    public async Task SwitchAsync(CreateKeyResponse key, KeyStatus status)
    {
        await Process.SetStatusAsync(key.Key, status);
        Expected[key.Key.KeyId] = VerdictOf(status);
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
        Process = await StartProcessAsync(_store, withRedis ? Redis.Setting : ("ConnectionStrings__Redis", ""));
        if (withRedis) await RedisIsConnectedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Process is not null) await Process.DisposeAsync();
        await Redis.DisposeAsync();
        await _store.DisposeAsync();
    }

    private async ValueTask InitializeAsync(bool redisIsThere)
    {
        if (redisIsThere) await Redis.StartAsync();
        Process = await StartProcessAsync(_store, Redis.Setting);
        if (redisIsThere) await RedisIsConnectedAsync();
        Keys = await Process.CreateKeysAsync(SharedServer.NewWorkspace(), KeyCount);
        foreach (var key in Keys) Expected[key.Key.KeyId] = Verdict.Valid;
        await SwitchBackAsync();
    }

    private Task SwitchBackAsync() => Parallel.ForEachAsync(
        Keys.Select((key, i) => (Key: key, Status: StatusOf(i)))
            .Where(wanted => Expected[wanted.Key.Key.KeyId] != VerdictOf(wanted.Status)),
        KeyBatch.Width,
        async (wanted, _) => await SwitchAsync(wanted.Key, wanted.Status));

    private static KeyStatus StatusOf(int number) => number % 3 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled;

    private static Verdict VerdictOf(KeyStatus status) => status == KeyStatus.Enabled ? Verdict.Valid : Verdict.Disabled;

    private static Task<TestServer> StartProcessAsync(TestStore store, (string, string) redis) =>
        TestServer.StartInProcessAsync(store, redis, ("KeyService__CacheCapacity", $"{KeptInMemory}"));
}
