using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace KeyService.Benchmarks.Load;

/// <summary>How every server of the benchmarks is started: the build with test hooks, on the server's core.</summary>
internal static class ServerStart
{
    public static ProcessStartInfo Of(string assembly, int httpPort, int grpcPort)
    {
        // Bound before the start: the runtime sizes its pool and its heaps by the cores that it finds.
        var start = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("taskset", ["-c", Cores.Server, "dotnet", assembly])
            : new ProcessStartInfo("dotnet", [assembly]);
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        start.Environment["KeyService__HttpPort"] = httpPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["KeyService__GrpcPort"] = grpcPort.ToString(CultureInfo.InvariantCulture);
        return start;
    }

    public static async Task WaitUntilReadyAsync(Process process, TimeSpan within)
    {
        using var bound = new CancellationTokenSource(within);
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            if (!line.Contains("is ready", StringComparison.Ordinal)) continue;
            // Read on, or a full pipe would stop the server.
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return;
        }

        throw new InvalidOperationException("The server ended before it was ready.");
    }

    public static string Assembly() => Path.Combine(Project(), "bin", "hooks", "Release", "net10.0", "KeyService.Server.dll");

    public static string Project([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "src", "KeyService.Server"));
}
