using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Shutdown;

/// <summary>SIGTERM, as an orchestrator sends it.</summary>
public sealed class StoppedUnderLoadTests
{
    private const int Clients = 8;
    private static readonly TimeSpan OrchestratorsPatience = TimeSpan.FromSeconds(30);

    /// <summary>What holds up a stop holds it up for 25 s.</summary>
    private static readonly TimeSpan NothingHeldItUp = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_stop_under_load_answers_what_it_began_and_writes_the_last_uses()
    {
        await using var store = new TestStore();
        var workspace = SharedServer.NewWorkspace();
        var created = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var lastUses = new ConcurrentDictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await using (var server = await TestServer.StartAsync(store))
        {
            var used = await server.CreateKeysAsync(workspace, Clients);
            foreach (var key in used) created[key.Key.KeyId] = true;
            var answers = 0;
            var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var calling = used.ConvertAll(key => Task.Run(() => CallUntilGoneAsync(
                server,
                async root =>
                {
                    var made = await server.Client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = "made under load" }, root);
                    created[made.Key.KeyId] = true;
                    var invoked = TimeProvider.System.GetUtcNow();
                    var answer = await server.Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, root, KeyBatch.Deadline);
                    answer.Verdict.ShouldBe(Verdict.Valid);
                    lastUses[key.Key.KeyId] = invoked;
                    if (Interlocked.Increment(ref answers) == 5 * Clients) underWay.SetResult();
                })));
            await underWay.Task.WaitAsync(OrchestratorsPatience);

            var start = Stopwatch.GetTimestamp();
            (await server.StopAsync()).ShouldBe(0);
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(OrchestratorsPatience);
            await Task.WhenAll(calling).WaitAsync(OrchestratorsPatience);
        }

        await using var again = await TestServer.StartAsync(store);
        var keys = await ListAsync(again, workspace);
        // Nothing was done that was not answered, and nothing answered that is not there.
        keys.Keys.ShouldBe(created.Keys, ignoreOrder: true);
        foreach (var (keyId, invoked) in lastUses)
        {
            // Stored in microseconds.
            keys[keyId].LastUsedTime.ToDateTimeOffset().ShouldBeGreaterThanOrEqualTo(invoked.AddMilliseconds(-1));
        }
    }

    [Fact]
    public async Task Who_watches_health_is_told_and_does_not_hold_up_the_stop()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
        using var channel = GrpcChannel.ForAddress(server.GrpcAddress);
        using var watch = new Health.HealthClient(channel).Watch(new());
        (await watch.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);

        var start = Stopwatch.GetTimestamp();
        var stop = server.StopAsync();
        try
        {
            (await watch.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
            watch.ResponseStream.Current.Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.NotServing);
        }
        catch (RpcException e)
        {
            e.StatusCode.ShouldBe(StatusCode.Unavailable);
        }

        (await stop).ShouldBe(0);
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(NothingHeldItUp);
    }

    [Fact]
    public async Task Idle_connections_do_not_hold_up_the_stop()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
        await server.Http.GetStringAsync("/health/live");
        await server.Client.GetCallerAsync(new(), server.Root);

        var start = Stopwatch.GetTimestamp();
        (await server.StopAsync()).ShouldBe(0);
        Stopwatch.GetElapsedTime(start).ShouldBeLessThan(NothingHeldItUp);
    }

    private static async Task CallUntilGoneAsync(TestServer server, Func<Metadata, Task> call)
    {
        var root = server.Root;
        try
        {
            while (true) await call(root);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            // Nobody listens any more: this call was not begun.
        }
    }

    private static async Task<Dictionary<string, Key>> ListAsync(TestServer server, string workspace)
    {
        var keys = new Dictionary<string, Key>(StringComparer.Ordinal);
        var request = new ListKeysRequest { WorkspaceId = workspace, PageSize = 500 };
        do
        {
            var page = await server.Client.ListKeysAsync(request, server.Root);
            foreach (var key in page.Keys) keys.Add(key.KeyId, key);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return keys;
    }
}
