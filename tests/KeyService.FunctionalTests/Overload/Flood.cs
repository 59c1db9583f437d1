using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>Many calls at a time, again and again until it is disposed, and what another caller meets meanwhile.</summary>
internal sealed class Flood : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _callers = [];
    private readonly GrpcChannel _channel;
    private long _answers;
    private long _refusals;

    private Flood(TestServer server, int width, Func<ApiKeyService.ApiKeyServiceClient, CancellationToken, Task> call)
    {
        _channel = GrpcChannel.ForAddress(server.GrpcAddress);
        var client = new ApiKeyService.ApiKeyServiceClient(_channel);
        for (var i = 0; i < width; i++) _callers.Add(CallAsync(() => call(client, _end.Token)));
    }

    public long Answers => Interlocked.Read(ref _answers);

    /// <summary>Calls that failed.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>Lists that look at each key of the workspace and find none.</summary>
    public static Flood OfScans(TestServer server, string workspace, int width = 64)
    {
        var root = server.Root;
        return new(server, width, async (client, end) =>
            await client.ListKeysAsync(new() { WorkspaceId = workspace, Query = "not there" }, root, cancellationToken: end));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_callers);
        _channel.Dispose();
        _end.Dispose();
    }

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
