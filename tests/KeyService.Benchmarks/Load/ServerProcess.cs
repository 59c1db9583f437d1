using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace KeyService.Benchmarks.Load;

/// <summary>The real server, built with its test hooks, in a process of its own on one core, with a data directory that is thrown away.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Core = "0";
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

    public string RootCredential => File.ReadAllText(Path.Combine(_data.FullName, "root-credential")).Trim();

    public static async Task BuildAsync()
    {
        using var build = Process.Start(new ProcessStartInfo(
            "dotnet", ["build", Project(), "-c", "Release", "-p:TestHooks=true", "-v", "quiet", "-nologo"]))!;
        await build.WaitForExitAsync();
        if (build.ExitCode != 0) throw new InvalidOperationException("The server with its test hooks does not build.");
    }

    public static async Task<ServerProcess> StartAsync()
    {
        var assembly = Path.Combine(Project(), "bin", "hooks", "Release", "net10.0", "KeyService.Server.dll");
        if (!File.Exists(assembly)) throw new FileNotFoundException("Build it first: leave out --no-build.", assembly);
        var data = Directory.CreateTempSubdirectory("keyservice-benchmark-");
        var (http, grpc) = (FreePort(), FreePort());
        // Bound before the start: the runtime sizes its pool and its heaps by the cores that it finds.
        var start = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("taskset", ["-c", Core, "dotnet", assembly])
            : new ProcessStartInfo("dotnet", [assembly]);
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        start.Environment["KeyService__HttpPort"] = http.ToString(CultureInfo.InvariantCulture);
        start.Environment["KeyService__GrpcPort"] = grpc.ToString(CultureInfo.InvariantCulture);
        start.Environment["KeyService__DataDirectory"] = data.FullName;
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

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static string Project([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "src", "KeyService.Server"));
}
