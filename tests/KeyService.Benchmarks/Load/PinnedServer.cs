using System.Diagnostics;
using System.Globalization;
using KeyService.Server.Keys;
using KeyService.Testing;

namespace KeyService.Benchmarks.Load;

/// <summary>The real server, built with its test hooks, in a process of its own on one core, with a data directory that is thrown away.</summary>
internal sealed class PinnedServer : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _data;

    private PinnedServer(Process process, DirectoryInfo data, int httpPort, int grpcPort)
    {
        _process = process;
        _data = data;
        Http = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}/"));
        GrpcPort = grpcPort;
    }

    public int GrpcPort { get; }

    public Uri Grpc => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{GrpcPort}"));

    public Uri Http { get; }

    public Uri Metrics => new(Http, "metrics");

    public string DataDirectory => _data.FullName;

    public int Id => _process.Id;

    /// <summary>As the system counts it: a server that has too much to do need not answer.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>What it makes and knows keys by.</summary>
    public MasterKey MasterKey => MasterKey.Derive('1', Convert.FromBase64String(File.ReadAllText(Path.Combine(_data.FullName, "master-key")).Trim()));

    public string RootCredential => File.ReadAllText(Path.Combine(_data.FullName, "root-credential")).Trim();

    public static async Task BuildAsync()
    {
        using var build = Process.Start(new ProcessStartInfo(
            "dotnet", ["build", ServerStart.Project(), "-c", "Release", "-p:TestHooks=true", "-v", "quiet", "-nologo"]))!;
        await build.WaitForExitAsync();
        if (build.ExitCode != 0) throw new InvalidOperationException("The server with its test hooks does not build.");
    }

    public static async Task<PinnedServer> StartAsync(string? build, params IEnumerable<(string Name, string Value)> settings)
    {
        var assembly = build ?? ServerStart.Assembly();
        if (!File.Exists(assembly)) throw new FileNotFoundException("Build it first: leave out --no-build.", assembly);
        var data = Directory.CreateTempSubdirectory("keyservice-benchmark-");
        var (http, grpc) = (Ports.Take(), Ports.Take());
        var start = ServerStart.Of(assembly, http, grpc);
        start.Environment["KeyService__DataDirectory"] = data.FullName;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var server = new PinnedServer(Process.Start(start)!, data, http, grpc);
        await ServerStart.WaitUntilReadyAsync(server._process, StartBound);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _data.Delete(recursive: true);
    }
}
