using Grpc.Net.Client;
using KeyService.Server.TestHooks;

namespace KeyService.Benchmarks.Load;

/// <summary><c>load</c>: each load and what it is measured beside in turn, A B A B, in one run on one server.</summary>
internal static class LoadCommand
{
    private const string RedisName = "Redis hit";
    private const int BatchSize = 100;

    /// <summary>Memory hits, forged keys and overload: the server as it is, with Redis where there is one, which none of them asks.</summary>
    private static readonly string[] MemoryNames =
        ["memory hit, one key", "memory hit, all keys", "wrong checksum", "wrong tag", $"batch of {BatchSize}", Overload.Name, UnknownKeys.Name];

    public static async Task<int> RunAsync(LoadOptions options)
    {
        if (options.Build) await PinnedServer.BuildAsync();
        Cores.BindThisProcess();
        await using var redis = RedisProcess.Missing is null ? await RedisProcess.StartAsync() : null;
        var results = new Results();
        if (Array.Exists(MemoryNames, options.Wants)) await MeasureMemoryAsync(options, redis, results);
        if (options.Wants(UnknownKeys.SlowName)) await MeasureSlowDatabaseAsync(options, results);
        if (!options.Wants(RedisName))
        {
            // Nothing to say of it.
        }
        else if (redis is null)
        {
            Report.Title($"{RedisName}: SKIPPED, {RedisProcess.Missing}");
            results.Told($"{RedisName} : bare GET", ">= 0.80", $"skipped, {RedisProcess.Missing}", met: null);
        }
        else
        {
            await MeasureRedisAsync(options, redis, results);
        }

        results.Print();
        return 0;
    }

    private static async Task MeasureMemoryAsync(LoadOptions options, RedisProcess? redis, Results results)
    {
        await using var server = await PinnedServer.StartAsync(options.Server, redis is null ? [] : [redis.Setting]);
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        using var http = new HttpClient();
        var hooks = new Empty.EmptyClient(channel);
        Report.Heading(await hooks.StatsAsync(new()), server.Id, options);
        if (redis is null) Report.Line($"without Redis: {RedisProcess.Missing}");
        var (credential, apiKeys) = await Seed.CreateAsync(channel, server.RootCredential, options.Keys);
        var all = Calls.AllKeys(credential, apiKeys);
        Comparison[] comparisons =
        [
            new(Calls.Empty, Calls.OneKey(credential, apiKeys), 0.90) { AskedLatency = 0.005 },
            new(Calls.Empty, all, 0.90) { AskedLatency = 0.005, IsOneBodyEnough = false },
            new(Calls.Empty, Calls.WrongChecksum(credential, apiKeys), 0.90),
            new(Calls.Empty, Calls.WrongTag(credential, apiKeys), 0.85),
            new(all, Calls.Batches(credential, apiKeys, BatchSize), 8) { WithLatency = false },
        ];
        var run = new ComparisonRun(server, hooks, http, options, results);
        await Seed.CheckAsync(channel, all);
        foreach (var comparison in comparisons.Where(each => options.Wants(each.Load.Name)))
        {
            await Seed.CheckAsync(channel, comparison.Load);
            await run.CompareAsync(comparison);
            if (comparison.Base == Calls.Empty)
                results.Told($"{comparison.Load.Name}: look-ups in Redis or the database", "0", "0", met: true);
        }

        if (options.Wants(Overload.Name)) await Overload.RunAsync(server, http, all, options, results);
        if (options.Wants(UnknownKeys.Name)) await UnknownKeys.RunAsync(UnknownKeys.Name, server, http, all, options, results);
    }

    private static async Task MeasureSlowDatabaseAsync(LoadOptions options, Results results)
    {
        var fault = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(fault, "1 none");
            await using var server = await PinnedServer.StartAsync(options.Server, ("KeyService__TestHooks__DatabaseFaults", fault));
            using var channel = GrpcChannel.ForAddress(server.Grpc);
            using var http = new HttpClient();
            Report.Title($"{UnknownKeys.SlowName}, on a server of its own");
            Report.Heading(await new Empty.EmptyClient(channel).StatsAsync(new()), server.Id, options);
            var (credential, apiKeys) = await Seed.CreateAsync(channel, server.RootCredential, options.Keys);
            var hits = Calls.AllKeys(credential, apiKeys);
            await Seed.CheckAsync(channel, hits);
            await ReplaceAsync(fault, UnknownKeys.SlowFault);
            await UnknownKeys.RunAsync(UnknownKeys.SlowName, server, http, hits, options, results);
        }
        finally
        {
            File.Delete(fault);
        }
    }

    /// <summary>As a whole: the server reads it every 10 ms.</summary>
    private static async Task ReplaceAsync(string path, string text)
    {
        await File.WriteAllTextAsync(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>A server whose memory holds so few keys that each of them, asked in turn, is gone when it is asked again; the credential stays.</summary>
    private static async Task MeasureRedisAsync(LoadOptions options, RedisProcess redis, Results results)
    {
        await redis.ClearAsync();
        await using var server = await PinnedServer.StartAsync(options.Server, redis.Setting, ("KeyService__CacheCapacity", "100"));
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        using var http = new HttpClient();
        var hooks = new Empty.EmptyClient(channel);
        Report.Title($"{RedisName}, on a server of its own with KeyService:CacheCapacity 100");
        Report.Heading(await hooks.StatsAsync(new()), server.Id, options);
        var (credential, apiKeys) = await Seed.CreateAsync(channel, server.RootCredential, Math.Max(options.Keys, 1_000));
        var hits = Calls.RedisHits(credential, apiKeys);
        // The first fills Redis, beside its answers; the second is answered by Redis.
        await Seed.CheckAsync(channel, hits);
        await Seed.CheckAsync(channel, hits);
        var gets = Calls.RedisGets(await redis.KeysAsync());
        if (gets.Bodies.Count < apiKeys.Count) throw new InvalidOperationException($"Redis has {gets.Bodies.Count} values for {apiKeys.Count} keys.");
        var run = new ComparisonRun(server, hooks, http, options with { GivesWay = Cores.Redis == Cores.Load }, results);
        await run.CompareAsync(new(gets, hits, 0.80) { IsOneBodyEnough = false });
        await run.CompareAsync(new(gets, Calls.RedisHitsInTime(credential, apiKeys), 0.80) { IsOneBodyEnough = false, WithLatency = false });
    }
}
