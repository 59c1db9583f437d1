using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using KeyService.Contracts.V1;

namespace KeyService.Benchmarks.Fair;

/// <summary>A flood of one caller, in a process of its own: what the flooding client costs must not count as the measured client's wait.</summary>
internal sealed class FloodProcess : IAsyncDisposable
{
    /// <summary>The word that this program starts itself with.</summary>
    public const string Word = "fair-flood";

    public const string Workspace = "flood";

    /// <summary>The workspace with many keys.</summary>
    public const string Many = "many";

    private const string CredentialVariable = "KEYSERVICE_FLOOD_CREDENTIAL";
    private const int Connections = 5;

    private static readonly Dictionary<string, Func<ApiKeyService.ApiKeyServiceClient, CallOptions, string, Task>> Floods = new(StringComparer.Ordinal)
    {
        ["CreateKey"] = async (client, options, _) => await client.CreateKeyAsync(new() { WorkspaceId = Workspace, Name = "flood" }, options),
        ["SetStatus"] = async (client, options, keyId) =>
        {
            foreach (var status in (KeyStatus[])[KeyStatus.Disabled, KeyStatus.Enabled])
                await client.SetStatusAsync(new() { WorkspaceId = Workspace, KeyId = keyId, Status = status }, options);
        },
        ["search"] = async (client, options, _) => await client.ListKeysAsync(new() { WorkspaceId = Many, Query = "not there" }, options),
        ["pages of 500"] = async (client, options, _) => await client.ListKeysAsync(new() { WorkspaceId = Many, PageSize = 500 }, options),
        ["audit pages"] = async (client, options, _) => await client.ListAuditEventsAsync(new() { WorkspaceId = Workspace, PageSize = 500 }, options),
        ["GetKey"] = async (client, options, keyId) => await client.GetKeyAsync(new() { WorkspaceId = Workspace, KeyId = keyId }, options),
        ["GetCaller"] = async (client, options, _) => await client.GetCallerAsync(new(), options),
    };

    private readonly Process _process;

    private FloodProcess(Process process) => _process = process;

    public static IEnumerable<string> Names => Floods.Keys.Concat(AnonymousFlood.Names);

    public static FloodProcess Start(string name, Uri server, string credential, string keyId, int underWay)
    {
        var start = new ProcessStartInfo(
            "dotnet", [typeof(FloodProcess).Assembly.Location, Word, name, server.ToString(), keyId, underWay.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[CredentialVariable] = credential;
        return new(Process.Start(start)!);
    }

    /// <summary>Ends it; returns what became of its calls.</summary>
    public async Task<string> EndAsync()
    {
        _process.StandardInput.Close();
        var outcome = await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return outcome.Trim();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>What the process does: until its input ends.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (AnonymousFlood.Names.Contains(args[0]))
        {
            await Console.Out.WriteLineAsync(await AnonymousFlood.RunAsync(args[0], new(args[1])));
            return 0;
        }

        var call = Floods[args[0]];
        var parties = Enumerable.Range(0, Connections).Select(_ => new Party(new(args[1])) { Credential = Environment.GetEnvironmentVariable(CredentialVariable)! }).ToList();
        using var end = new CancellationTokenSource();
        var (answered, refused) = (0, 0);
        var callers = Enumerable.Range(0, int.Parse(args[3], CultureInfo.InvariantCulture)).Select(i => FloodAsync(parties[i % Connections].Client)).ToList();
        await Console.In.ReadToEndAsync();
        await end.CancelAsync();
        await Task.WhenAll(callers);
        await Console.Out.WriteLineAsync($"the flood was answered {answered} times and refused {refused} times");
        return 0;

        async Task FloodAsync(ApiKeyService.ApiKeyServiceClient client)
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    await call(client, new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(15), cancellationToken: end.Token), args[2]);
                    Interlocked.Increment(ref answered);
                }
                catch (RpcException) when (end.IsCancellationRequested)
                {
                    // The end.
                }
                catch (RpcException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }
    }
}
