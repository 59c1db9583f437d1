using System.Diagnostics;
using Grpc.Net.Client;
using KeyService.Server.TestHooks;

namespace KeyService.Benchmarks.Load;

/// <summary><c>load</c>: each load and the empty call in turn, A B A B, in one run on one server.</summary>
internal static class LoadCommand
{
    /// <summary>The second core: the first is the server's.</summary>
    private const nint Core = 0b10;

    public static async Task<int> RunAsync(LoadOptions options)
    {
        if (options.Build) await ServerProcess.BuildAsync();
        if (Environment.ProcessorCount < 2) throw new InvalidOperationException("One core is for the server and one for the load: there are not two.");
        if (OperatingSystem.IsLinux()) Process.GetCurrentProcess().ProcessorAffinity = Core;

        await using var server = await ServerProcess.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        var (credential, apiKeys) = await Seed.CreateAsync(channel, server.RootCredential, options.Keys);
        var run = new Run(server, new Empty.EmptyClient(channel), options);
        await run.DescribeAsync();
        foreach (var calls in Calls.Of(credential, apiKeys).Where(calls => calls.Name.Contains(options.Only, StringComparison.Ordinal)))
        {
            await Seed.CheckAsync(channel, calls);
            await run.CompareAsync(calls);
        }

        return 0;
    }

    private sealed class Run(ServerProcess server, Empty.EmptyClient hooks, LoadOptions options)
    {
        private readonly HttpClient _http = new();

        public async Task DescribeAsync()
        {
            var stats = await hooks.StatsAsync(new());
            Report.Heading(stats, server.Id, options);
        }

        public async Task CompareAsync(Calls calls)
        {
            // Before the first figure: the runtime compiles hot code anew, beside the calls on the one core.
            for (var i = 0; i < 2; i++)
            {
                await Saturate(Calls.Empty);
                await Saturate(calls);
            }

            var pairs = await PairsAsync(calls, Saturate);
            Report.Throughput(calls.Name, "own", pairs);
            // One body is all that h2load sends.
            if (options.WithH2Load && H2Load.IsPresent && calls.Bodies.Count == 1)
            {
                Report.Throughput(calls.Name, "h2load", await PairsAsync(calls, each => H2Load.SaturateAsync(server.GrpcPort, each, options)));
            }

            if (!options.WithLatency) return;
            var half = Report.Median(pairs.Select(pair => pair.Load.Slice.PerSecond)) / 2;
            Report.Latency(calls.Name, half, await PairsAsync(
                calls, each => Task.FromResult(Generator.Pace(server.GrpcPort, each, options, half))));
        }

        private Task<Slice> Saturate(Calls calls) => Task.FromResult(Generator.Saturate(server.GrpcPort, calls, options));

        private async Task<List<Pair>> PairsAsync(Calls calls, Func<Calls, Task<Slice>> slice)
        {
            var pairs = new List<Pair>();
            for (var round = 0; round < options.Rounds; round++)
            {
                var empty = await MeasureAsync(Calls.Empty, () => slice(Calls.Empty));
                pairs.Add(new(empty, await MeasureAsync(calls, () => slice(calls))));
            }

            return pairs;
        }

        private async Task<Measured> MeasureAsync(Calls calls, Func<Task<Slice>> slice)
        {
            var answered = await Observed.ReadAsync(_http, server.Metrics);
            var before = await hooks.StatsAsync(new());
            var result = await slice();
            var after = await hooks.StatsAsync(new());
            (await Observed.ReadAsync(_http, server.Metrics)).Require(answered, calls, result.Completed);
            return new(
                result, (after.CpuMicroseconds - before.CpuMicroseconds) / (double)result.All,
                (after.AllocatedBytes - before.AllocatedBytes) / (double)result.All);
        }
    }
}

/// <summary>A slice and what it cost the server.</summary>
/// <param name="Slice">The calls.</param>
/// <param name="CpuMicroseconds">Of each call: as many seconds for a million.</param>
/// <param name="AllocatedBytes">Of each call.</param>
internal sealed record Measured(Slice Slice, double CpuMicroseconds, double AllocatedBytes);

/// <summary>Two slices side by side: what disturbs one most likely disturbs the other.</summary>
internal sealed record Pair(Measured Empty, Measured Load)
{
    public double Ratio => Load.Slice.PerSecond / Empty.Slice.PerSecond;

    public double CpuRatio => Empty.CpuMicroseconds / Load.CpuMicroseconds;
}
