using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Benchmarks.Load;
using KeyService.Contracts.V1;
using KeyService.Server.TestHooks;
using KeyService.Testing;

namespace KeyService.Benchmarks.Scale;

/// <summary>The real server, built with its test hooks, on one core and on a store that stays when it ends.</summary>
internal sealed partial class ScaleServer : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly GrpcChannel _channel;
    private readonly HttpClient _http = new();
    private readonly Uri _metrics;

    private ScaleServer(Process process, ScaleStore store, int httpPort, int grpcPort)
    {
        _process = process;
        _metrics = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}/metrics"));
        _channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}"));
        Client = new(_channel);
        Hooks = new(_channel);
        Root = new() { { "authorization", $"Bearer {store.RootCredential}" } };
    }

    public ApiKeyService.ApiKeyServiceClient Client { get; }

    public Empty.EmptyClient Hooks { get; }

    /// <summary>The root credential, as a call carries it.</summary>
    public Metadata Root { get; }

    /// <summary>From the start of the process until it said that it is ready.</summary>
    public TimeSpan StartTime { get; private set; }

    public static async Task<ScaleServer> StartAsync(ScaleStore store, int cacheCapacity)
    {
        var (http, grpc) = (Ports.Take(), Ports.Take());
        var start = ServerStart.Of(ServerStart.Assembly(), http, grpc);
        foreach (var (name, value) in store.Settings) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["KeyService__CacheCapacity"] = cacheCapacity.ToString(CultureInfo.InvariantCulture);
        // How long a read takes is what is measured: none is given up.
        start.Environment["KeyService__ValidateBudget"] = "00:00:10";
        var began = Stopwatch.GetTimestamp();
        var server = new ScaleServer(Process.Start(start)!, store, http, grpc);
        await ServerStart.WaitUntilReadyAsync(server._process, StartBound);
        server.StartTime = Stopwatch.GetElapsedTime(began);
        return server;
    }

    /// <summary>The sum of a metric's samples whose labels hold this text.</summary>
    public async Task<long> MetricAsync(string name, string label = "")
    {
        long sum = 0;
        foreach (Match line in Sample().Matches(await _http.GetStringAsync(_metrics)))
        {
            if (line.Groups["name"].Value == name && line.Groups["labels"].Value.Contains(label, StringComparison.Ordinal))
                sum += long.Parse(line.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);
        }

        return sum;
    }

    /// <summary>SIGTERM: last-used times are written and the replica's row goes.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _http.Dispose();
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"^(?<name>\w+)\{(?<labels>[^}]*)\} (?<value>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Sample();
}
