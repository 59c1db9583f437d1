using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace KeyService.Benchmarks.Load;

/// <summary>The same load by a generator that is not ours. It sends one body only, and does not look into answers.</summary>
internal static partial class H2Load
{
    public static bool IsPresent => Cores.HasCommand("h2load");

    public static async Task<Slice> SaturateAsync(int port, Calls calls, LoadOptions options)
    {
        var body = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(body, calls.Bodies[0]);
            // h2load takes headers as arguments only: the credential is one of a server that ends with this run.
            string[] credential = calls.Credential is null ? [] : ["-H", $"authorization: Bearer {calls.Credential}"];
            using var process = Process.Start(new ProcessStartInfo("taskset",
            [
                "-c", Cores.Load, "h2load", "-t", "1", "-c", Text(options.Connections), "-m", Text(options.Streams),
                "-D", Text(options.Seconds), $"--warm-up-time={Text(options.WarmUp)}", "-d", body,
                "-H", "content-type: application/grpc", "-H", "te: trailers", .. credential,
                $"http://127.0.0.1:{Text(port)}{calls.Path}",
            ])
            { RedirectStandardOutput = true, UseShellExecute = false })!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            var match = Requests().Match(output);
            var statuses = Statuses().Match(output);
            if (process.ExitCode != 0 || !match.Success || !statuses.Success)
                throw new InvalidOperationException($"h2load failed:{Environment.NewLine}{output}");
            return new(Number(match, "done"), All: 0, options.Seconds, []);
        }
        finally
        {
            File.Delete(body);
        }
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"requests: \d+ total, \d+ started, (?<done>\d+) done, \d+ succeeded, 0 failed, 0 errored, 0 timeout", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Requests();

    [GeneratedRegex(@"status codes: \d+ 2xx, 0 3xx, 0 4xx, 0 5xx", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Statuses();
}
