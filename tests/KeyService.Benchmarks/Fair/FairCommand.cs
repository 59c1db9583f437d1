using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Benchmarks.Load;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.Benchmarks.Fair;

/// <summary><c>fair</c>: what one caller's calls take while another caller floods the server, for each kind of flood.</summary>
internal static class FairCommand
{
    public const string Usage = "[--seconds 10] [--flood 200] [--only <part of a flood's name>] [--no-build] [--server <KeyService.Server.dll>]";

    private const int Many = 100_000;
    private const int Connections = 5;
    private const double AskedSeconds = 0.250;

    public static async Task<int> RunAsync(string[] args)
    {
        var build = Option("--server");
        if (build is null && !args.Contains("--no-build", StringComparer.Ordinal)) await ServerProcess.BuildAsync();
        Cores.BindThisProcess();
        var seconds = Number("--seconds", 10);
        var underWay = Number("--flood", 200);

        await using var server = await ServerProcess.StartAsync(build);
        using var flooding = new Party(server, Connections);
        using var other = new Party(server, connections: 1);
        var keys = await SeedAsync(server, flooding, other);
        Print($"{underWay} calls of one caller always under way, {seconds} s each; figures of another caller's calls, one after the other, in ms: p50 / p99 / max");

        var met = true;
        foreach (var (name, call) in Floods(keys).Where(flood => flood.Name.Contains(Option("--only") ?? "", StringComparison.Ordinal)))
        {
            using var end = new CancellationTokenSource();
            var flood = call is null ? [] : Enumerable.Range(0, underWay).Select(i => FloodAsync(flooding.Client(i), call, end.Token)).ToList();
            // The first second is not counted: the flood begins in it.
            _ = await MeasureAsync(other, keys, TimeSpan.FromSeconds(1));
            var results = await MeasureAsync(other, keys, TimeSpan.FromSeconds(seconds));
            await end.CancelAsync();
            var outcomes = await Task.WhenAll(flood);
            Print($"{name}: the flood was answered {outcomes.Sum(each => each.Answered)} times and refused {outcomes.Sum(each => each.Refused)} times");
            foreach (var result in results)
            {
                var isMet = result.Failed == 0 && result.At(0.99) <= AskedSeconds;
                met &= isMet;
                Print($"  {result.Call,-10} {result.At(0.5) * 1_000,7:0.0} / {result.At(0.99) * 1_000,7:0.0} / {result.At(1) * 1_000,7:0.0}  {result.Times.Count} answered, {result.Failed} failed {result.FirstFailure} {(isMet ? "" : "<- asked: p99 <= 250 ms, none failed")}");
            }
        }

        return met ? 0 : 1;

        string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : null;
        int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }

    private static (string Name, Func<ApiKeyService.ApiKeyServiceClient, CallOptions, Task>? Call)[] Floods(Seeded keys) =>
    [
        ("nothing", null),
        ("CreateKey", async (client, options) => await client.CreateKeyAsync(new() { WorkspaceId = "flood", Name = "flood" }, options)),
        ("SetStatus", async (client, options) =>
        {
            foreach (var status in (KeyStatus[])[KeyStatus.Disabled, KeyStatus.Enabled])
                await client.SetStatusAsync(new() { WorkspaceId = "flood", KeyId = keys.FloodKeyId, Status = status }, options);
        }),
        ($"search of {Many:N0} keys", async (client, options) => await client.ListKeysAsync(new() { WorkspaceId = "many", Query = "not there" }, options)),
        ("pages of 500", async (client, options) => await client.ListKeysAsync(new() { WorkspaceId = "many", PageSize = 500 }, options)),
        ("audit pages", async (client, options) => await client.ListAuditEventsAsync(new() { WorkspaceId = "flood", PageSize = 500 }, options)),
        ("GetKey", async (client, options) => await client.GetKeyAsync(new() { WorkspaceId = "flood", KeyId = keys.FloodKeyId }, options)),
        ("GetCaller", async (client, options) => await client.GetCallerAsync(new(), options)),
    ];

    private static async Task<(int Answered, int Refused)> FloodAsync(
        ApiKeyService.ApiKeyServiceClient client, Func<ApiKeyService.ApiKeyServiceClient, CallOptions, Task> call, CancellationToken end)
    {
        var (answered, refused) = (0, 0);
        while (!end.IsCancellationRequested)
        {
            try
            {
                await call(client, new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(15), cancellationToken: end));
                answered++;
            }
            catch (RpcException) when (end.IsCancellationRequested)
            {
                // The end.
            }
            catch (RpcException)
            {
                refused++;
            }
        }

        return (answered, refused);
    }

    private static async Task<List<Measured>> MeasureAsync(Party party, Seeded keys, TimeSpan length)
    {
        var client = party.Client(0);
        (Measured Into, Func<int, Task> Call)[] calls =
        [
            (new("SetStatus"), async i => await client.SetStatusAsync(
                new() { WorkspaceId = "other", KeyId = keys.OtherKeyId, Status = i % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled }, deadline: Deadline())),
            (new("GetKey"), async _ => await client.GetKeyAsync(new() { WorkspaceId = "other", KeyId = keys.OtherKeyId }, deadline: Deadline())),
            (new("GetCaller"), async _ => await client.GetCallerAsync(new(), deadline: Deadline())),
            (new("ListKeys"), async _ => await client.ListKeysAsync(new() { WorkspaceId = "other" }, deadline: Deadline())),
        ];
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; TimeProvider.System.GetElapsedTime(began) < length; i++)
        {
            foreach (var (into, call) in calls)
            {
                var start = TimeProvider.System.GetTimestamp();
                try
                {
                    await call(i);
                    into.Times.Add(TimeProvider.System.GetElapsedTime(start).TotalSeconds);
                }
                catch (RpcException e)
                {
                    into.Failed++;
                    into.FirstFailure ??= $"({e.StatusCode})";
                }
            }
        }

        return [.. calls.Select(call => call.Into)];
    }

    private static async Task<Seeded> SeedAsync(ServerProcess server, Party flooding, Party other)
    {
        using var root = new Party(server, connections: 1);
        root.Credential = server.RootCredential;
        flooding.Credential = await CredentialAsync("flood", "flood", "many");
        other.Credential = await CredentialAsync("other", "other");
        await KeyCopies.CopyKeyAsync(server.DataDirectory, await KeyAsync("many"), Many - 1);
        return new(await KeyAsync("flood"), await KeyAsync("other"));

        async Task<string> CredentialAsync(string name, params string[] workspaces) => (await root.Client(0).CreateKeyAsync(new()
        {
            WorkspaceId = "system", Name = name, Scopes = { "keys:read", "keys:write", "keys:audit" }, PermittedWorkspaces = { workspaces },
        })).ApiKey;

        async Task<string> KeyAsync(string workspace) => (await root.Client(0).CreateKeyAsync(new() { WorkspaceId = workspace, Name = "key" })).Key.KeyId;
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5);

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private sealed record Seeded(string FloodKeyId, string OtherKeyId);

    private sealed class Measured(string call)
    {
        public string Call { get; } = call;

        public List<double> Times { get; } = [];

        public int Failed { get; set; }

        public string? FirstFailure { get; set; }

        public double At(double part)
        {
            Times.Sort();
            return Times.Count == 0 ? double.NaN : Times[Math.Min(Times.Count - 1, (int)(Times.Count * part))];
        }
    }

    /// <summary>One caller on connections of its own.</summary>
    private sealed class Party(ServerProcess server, int connections) : IDisposable
    {
        private readonly List<GrpcChannel> _channels = [.. Enumerable.Range(0, connections).Select(_ => GrpcChannel.ForAddress(server.Grpc))];

        public string Credential { get; set; } = "";

        public ApiKeyService.ApiKeyServiceClient Client(int i) => new(Grpc.Core.Interceptors.CallInvokerExtensions.Intercept(
            _channels[i % connections].CreateCallInvoker(), metadata =>
            {
                metadata.Add("authorization", $"Bearer {Credential}");
                return metadata;
            }));

        public void Dispose() => _channels.ForEach(channel => channel.Dispose());
    }
}
