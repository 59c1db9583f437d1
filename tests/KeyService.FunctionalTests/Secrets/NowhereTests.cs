using System.Collections.Concurrent;
using System.Text;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Secrets;

[TakesLong]
public sealed class NowhereTests
{
    private const int KeyCount = 1_000;
    private static readonly ParallelOptions Width = new() { MaxDegreeOfParallelism = 8 };

    [Fact]
    public async Task No_API_key_nor_a_piece_of_one_is_written_anywhere()
    {
        await using var store = new TestStore { IsPrepared = false };
        await using var redis = await RedisServer.StartNewAsync();
        await using var server = await TestServer.StartAsync(
            store, redis.Setting,
            // What memory holds is not written to Redis again.
            ("KeyService__CacheCapacity", "100"),
            ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace"), ("Logging__LogLevel__Grpc", "Trace"));
        await Eventually.IsTrueAsync(
            () => server.Output.Any(line => line.Contains("Redis is connected", StringComparison.Ordinal)), "Redis is connected");
        var needles = new Needles();
        needles.Add(SecretPartOf(server.RootCredential));
        AddMasterKey(needles, store);

        var created = await UseManyKeysAsync(server, needles);

        // On a busy machine some are given up after 50 ms, and nobody asks for them again by himself.
        await Eventually.IsTrueAsync(
            async () =>
            {
                if ((await redis.KeysAsync()).Count > KeyCount / 2) return true;
                await server.ValidateAllAsync(created);
                return false;
            },
            "Redis has most keys", seconds: 60);
        await Eventually.IsTrueAsync(
            async () => await server.SumAsync("keyservice_usage_flushed_total") > 0, "last-used times are written", seconds: 30);
        needles.ShouldNotBeIn(await server.MetricsAsync(), "/metrics");
        needles.ShouldNotBeIn(await DumpAsync(redis), "Redis");
        if (!store.UsesSqlServer) ShouldNotBeInFilesOf(store, needles);
        (await server.StopAsync()).ShouldBe(0);
        var output = string.Join('\n', server.Output);
        output.ShouldContain("trce:");
        needles.ShouldNotBeIn(output, "the server's output");
        if (!store.UsesSqlServer) ShouldNotBeInFilesOf(store, needles);
        // The search can find: what was presented is full of pieces.
        needles.FindIn(Encoding.ASCII.GetBytes(created[^1].ApiKey)).ShouldBeGreaterThan(0);
    }

    /// <summary>Creates, validates, reveals, lists, repeats, and presents keys that are none. Returns what was created.</summary>
    private static async Task<List<CreateKeyResponse>> UseManyKeysAsync(TestServer server, Needles needles)
    {
        var workspace = SharedServer.NewWorkspace();
        var root = server.Root;
        var all = new ConcurrentBag<CreateKeyResponse>();
        await Parallel.ForEachAsync(Enumerable.Range(0, KeyCount), Width, async (i, _) =>
        {
            var request = new CreateKeyRequest
            {
                WorkspaceId = workspace, Name = $"key {i}", Description = $"of customer {i}", Scopes = { "orders.*", "balances.read" },
                Metadata = { ["team"] = $"team {i}" }, RequestId = $"request-{i}", NonRecoverable = i % 5 == 0,
            };
            var created = await server.Client.CreateKeyAsync(request, root);
            var apiKey = created.ApiKey;
            lock (needles) needles.Add(SecretPartOf(apiKey));
            all.Add(created);
            (await server.Client.ValidateKeyAsync(new() { ApiKey = apiKey, RequiredScopes = { "orders.create" } }, root, KeyBatch.Deadline))
                .Verdict.ShouldBe(Verdict.Valid);

            // The mistakes of customers and operators.
            foreach (var wrong in (string[])[apiKey + " ", apiKey[..^1] + (apiKey[^1] == '0' ? '1' : '0'), apiKey.ToUpperInvariant(), apiKey[..40]])
            {
                (await server.Client.ValidateKeyAsync(new() { ApiKey = wrong }, root, KeyBatch.Deadline)).Verdict.ShouldBe(Verdict.NotFound);
            }

            await RefusedAsync(server.Client.GetCallerAsync(new(), TestServer.As(apiKey)));
            await RefusedAsync(server.Client.ListKeysAsync(new() { WorkspaceId = workspace, Query = apiKey }, root));
            await RefusedAsync(server.Client.GetKeyAsync(new() { WorkspaceId = workspace, KeyId = apiKey }, root));
            await RefusedAsync(server.Client.ListKeysAsync(new() { WorkspaceId = apiKey + "=" }, root));
            if (i % 7 == 1) await server.Client.CreateKeyAsync(request, root);
            if (i % 5 != 0 && i % 3 == 0)
                (await server.Client.RevealKeyAsync(new() { WorkspaceId = workspace, KeyId = created.Key.KeyId }, root)).ApiKey.ShouldBe(apiKey);
            if (i % 4 == 0) await server.SetStatusAsync(created.Key, KeyStatus.Disabled);
        });
        return [.. all];
    }

    private static async Task RefusedAsync<T>(AsyncUnaryCall<T> call) => await Should.ThrowAsync<RpcException>(call.ResponseAsync);

    /// <summary>What nobody may learn: everything between the generation and the checksum, which is public.</summary>
    private static string SecretPartOf(string apiKey) => apiKey[^37..^6];

    private static void AddMasterKey(Needles needles, TestStore store)
    {
        var masterKey = store.UsesSqlServer
            ? store.MasterKey
            : File.ReadAllText(Path.Combine(store.DataDirectory, "master-key")).Trim();
        needles.Add(masterKey);
        needles.Add(Convert.FromBase64String(masterKey));
    }

    private static void ShouldNotBeInFilesOf(TestStore store, Needles needles)
    {
        var files = Directory.GetFiles(store.DataDirectory, "*", SearchOption.AllDirectories)
            .Where(file => file != store.RootCredentialFile && Path.GetFileName(file) is not ("master-key" or "lock")).ToList();
        files.ShouldContain(file => file.EndsWith(".db", StringComparison.Ordinal));
        foreach (var file in files) needles.ShouldNotBeIn(ReadShared(file), file);
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        return copy.ToArray();
    }

    private static async Task<byte[]> DumpAsync(RedisServer redis)
    {
        var database = await redis.DatabaseAsync();
        using var dump = new MemoryStream();
        foreach (var key in await redis.KeysAsync())
        {
            dump.Write((byte[])key!);
            dump.Write((byte[]?)await database.StringGetAsync(key) ?? []);
            dump.WriteByte(0);
        }

        return dump.ToArray();
    }
}
