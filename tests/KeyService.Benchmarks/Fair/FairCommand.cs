using System.Globalization;
using Grpc.Core;
using KeyService.Benchmarks.Load;
using KeyService.Contracts.V1;
using KeyService.Testing;

namespace KeyService.Benchmarks.Fair;

/// <summary><c>fair</c>: what one caller's calls take while another caller floods the server, for each kind of flood.</summary>
internal static class FairCommand
{
    public const string Usage = "[--seconds 10] [--flood 200] [--only <part of a flood's name>] [--no-build] [--server <KeyService.Server.dll>]";

    private const int Many = 100_000;
    private const string Nothing = "nothing";
    private const double AskedSeconds = 0.250;

    public static async Task<int> RunAsync(string[] args)
    {
        var build = Option("--server");
        if (build is null && !args.Contains("--no-build", StringComparer.Ordinal)) await PinnedServer.BuildAsync();
        Cores.BindThisProcess();
        var seconds = Number("--seconds", 10);
        var underWay = Number("--flood", 200);

        await using var server = await PinnedServer.StartAsync(build);
        using var other = new Party(server.Grpc);
        var keys = await SeedAsync(server, other);
        Print($"{underWay} calls of one caller always under way, {seconds} s each; figures of another caller's calls, one after the other, in ms: p50 / p99 / max");

        var met = true;
        foreach (var name in FloodProcess.Names.Prepend(Nothing).Where(name => name.Contains(Option("--only") ?? "", StringComparison.Ordinal)))
        {
            await using var flood = name == Nothing ? null : FloodProcess.Start(name, server.Grpc, keys.FloodCredential, keys.FloodKeyId, underWay);
            // The first seconds are not counted: the flood begins in them.
            _ = await MeasureAsync(other, keys, TimeSpan.FromSeconds(2));
            var results = await MeasureAsync(other, keys, TimeSpan.FromSeconds(seconds));
            Print($"{name}: {(flood is null ? "" : await flood.EndAsync())}");
            foreach (var result in results)
            {
                var isMet = result.Failed == 0 && result.At(0.99) <= AskedSeconds;
                met &= isMet;
                Print($"  {result.Call,-11} {result.At(0.5) * 1_000,7:0.0} / {result.At(0.99) * 1_000,7:0.0} / {result.At(1) * 1_000,7:0.0}  {result.Times.Count} answered, {result.Failed} failed {result.FirstFailure} {(isMet ? "" : "<- asked: p99 <= 250 ms, none failed")}");
            }
        }

        return met ? 0 : 1;

        string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : null;
        int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }

    private static async Task<List<Measured>> MeasureAsync(Party party, Seeded keys, TimeSpan length)
    {
        var client = party.Client;
        (Measured Into, Func<int, Task> Call)[] calls =
        [
            (new("SetStatus"), async i => await client.SetStatusAsync(
                new() { WorkspaceId = "other", KeyId = keys.OtherKeyId, Status = i % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled }, deadline: Deadline())),
            (new("GetKey"), async _ => await client.GetKeyAsync(new() { WorkspaceId = "other", KeyId = keys.OtherKeyId }, deadline: Deadline())),
            (new("GetCaller"), async _ => await client.GetCallerAsync(new(), deadline: Deadline())),
            (new("ListKeys"), async _ => await client.ListKeysAsync(new() { WorkspaceId = "other" }, deadline: Deadline())),
            (new("ValidateKey"), async _ => await client.ValidateKeyAsync(new() { ApiKey = keys.ValidatedApiKey }, deadline: Deadline())),
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

    private static async Task<Seeded> SeedAsync(PinnedServer server, Party other)
    {
        using var root = new Party(server.Grpc) { Credential = server.RootCredential };
        other.Credential = await CredentialAsync("other", "other");
        await KeyCopies.CopyKeyAsync(server.DataDirectory, (await KeyAsync(FloodProcess.Many)).Key.KeyId, Many - 1);
        return new(
            await CredentialAsync("flood", FloodProcess.Workspace, FloodProcess.Many), (await KeyAsync(FloodProcess.Workspace)).Key.KeyId, (await KeyAsync("other")).Key.KeyId,
            (await KeyAsync("other")).ApiKey);

        async Task<string> CredentialAsync(string name, params string[] workspaces) => (await root.Client.CreateKeyAsync(new()
        {
            WorkspaceId = "system", Name = name, Scopes = { "keys:read", "keys:write", "keys:audit", "keys:validate" }, PermittedWorkspaces = { workspaces },
        })).ApiKey;

        async Task<CreateKeyResponse> KeyAsync(string workspace) => await root.Client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = "key" });
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5);

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private sealed record Seeded(string FloodCredential, string FloodKeyId, string OtherKeyId, string ValidatedApiKey);

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
}
