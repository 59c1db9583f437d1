using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using KeyService.Server.Keys;

namespace KeyService.Benchmarks.Load;

/// <summary>The real server, built with its test hooks, in a process of its own on one core, with a data directory that is thrown away.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _data;

    private ServerProcess(Process process, DirectoryInfo data, int httpPort, int grpcPort)
    {
        _process = process;
        _data = data;
        Metrics = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort}/metrics"));
        GrpcPort = grpcPort;
    }

    public int GrpcPort { get; }

    public Uri Grpc => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{GrpcPort}"));

    public Uri Metrics { get; }

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
            "dotnet", ["build", Project(), "-c", "Release", "-p:TestHooks=true", "-v", "quiet", "-nologo"]))!;
        await build.WaitForExitAsync();
        if (build.ExitCode != 0) throw new InvalidOperationException("The server with its test hooks does not build.");
    }

    public static async Task<ServerProcess> StartAsync(string? build, params IEnumerable<(string Name, string Value)> settings)
    {
        var assembly = build ?? Path.Combine(Project(), "bin", "hooks", "Release", "net10.0", "KeyService.Server.dll");
        if (!File.Exists(assembly)) throw new FileNotFoundException("Build it first: leave out --no-build.", assembly);
        var data = Directory.CreateTempSubdirectory("keyservice-benchmark-");
        var (http, grpc) = (Ports.Free(), Ports.Free());
        // Bound before the start: the runtime sizes its pool and its heaps by the cores that it finds.
        var start = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("taskset", ["-c", Cores.Server, "dotnet", assembly])
            : new ProcessStartInfo("dotnet", [assembly]);
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        start.Environment["KeyService__HttpPort"] = http.ToString(CultureInfo.InvariantCulture);
        start.Environment["KeyService__GrpcPort"] = grpc.ToString(CultureInfo.InvariantCulture);
        start.Environment["KeyService__DataDirectory"] = data.FullName;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var server = new ServerProcess(Process.Start(start)!, data, http, grpc);
        await server.WaitUntilReadyAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _data.Delete(recursive: true);
    }

    private async Task WaitUntilReadyAsync()
    {
        using var bound = new CancellationTokenSource(StartBound);
        while (await _process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            if (!line.Contains("is ready", StringComparison.Ordinal)) continue;
            // Read on, or a full pipe would stop the server.
            _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return;
        }

        throw new InvalidOperationException("The server ended before it was ready.");
    }

    private static string Project([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "src", "KeyService.Server"));
}
