using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;
using KeyService.Server.Keys;
using Microsoft.Data.Sqlite;

namespace KeyService.FunctionalTests.Overload;

/// <summary>Many calls at a time, again and again until it is disposed, and what another caller meets meanwhile.</summary>
internal sealed class Flood : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _callers = [];
    private readonly GrpcChannel _channel;
    private long _answers;
    private long _refusals;

    private Flood(ServerProcess server, int width, Func<ApiKeyService.ApiKeyServiceClient, CancellationToken, Task> call)
    {
        _channel = GrpcChannel.ForAddress(server.GrpcAddress);
        var client = new ApiKeyService.ApiKeyServiceClient(_channel);
        for (var i = 0; i < width; i++) _callers.Add(CallAsync(() => call(client, _end.Token)));
    }

    public long Answers => Interlocked.Read(ref _answers);

    /// <summary>Calls that failed.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>Lists that look at each key of the workspace and find none.</summary>
    public static Flood OfScans(ServerProcess server, string workspace, int width = 64)
    {
        var root = server.Root;
        return new(server, width, async (client, end) =>
            await client.ListKeysAsync(new() { WorkspaceId = workspace, Query = "not there" }, root, cancellationToken: end));
    }

    /// <summary>API keys of the right form and tag that were never stored: each is a read of the database.</summary>
    public static Flood OfUnknownKeys(ServerProcess server, int width = 64)
    {
        var root = server.Root;
        var masterKey = MasterKeyOf(server.Store);
        return new(server, width, async (client, end) => await client.ValidateKeyAsync(
            new() { ApiKey = ApiKeyText.Generate("ks", Server.Keys.KeyEnvironment.Live, masterKey) }, root, cancellationToken: end));
    }

    /// <summary>Copies of a key, made past the service: it takes minutes to create as many.</summary>
    public static async Task CopyKeyAsync(TestStore store, string keyId, int copies)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(store.DataDirectory, "keyservice.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(name) FROM pragma_table_info('ApiKeys') WHERE name NOT IN ('KeyId', 'Revision')";
        var columns = (string)(await command.ExecuteScalarAsync())!;
        command.CommandText = $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $copies)
            INSERT INTO ApiKeys (KeyId, Revision, {columns}) SELECT printf('key_%032x', i), -i, {columns} FROM n, ApiKeys WHERE KeyId = $key
            """;
        command.Parameters.AddWithValue("$copies", copies);
        command.Parameters.AddWithValue("$key", keyId);
        (await command.ExecuteNonQueryAsync()).ShouldBe(copies);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_callers);
        _channel.Dispose();
        _end.Dispose();
    }

    private static MasterKey MasterKeyOf(TestStore store) => MasterKey.Derive(
        File.ReadAllText(store.RootCredentialFile).Trim()["ks_live_".Length],
        Convert.FromBase64String(File.ReadAllText(Path.Combine(store.DataDirectory, "master-key")).Trim()));

    private async Task CallAsync(Func<Task> call)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await call();
                Interlocked.Increment(ref _answers);
            }
            catch (Exception) when (!_end.IsCancellationRequested)
            {
                Interlocked.Increment(ref _refusals);
            }
            catch (Exception)
            {
                return;
            }
        }
    }
}
