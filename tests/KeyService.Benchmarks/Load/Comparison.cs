using System.Diagnostics;
using KeyService.Server.TestHooks;

namespace KeyService.Benchmarks.Load;

/// <summary>A slice and what it cost the server.</summary>
/// <param name="Slice">The calls.</param>
/// <param name="Keys">Verdicts of a call.</param>
/// <param name="CpuMicroseconds">Of each call: as many seconds for a million.</param>
/// <param name="AllocatedBytes">Of each call.</param>
/// <param name="Busy">Part of its core that the server used. What does not come near 1 at saturation was held up by something else.</param>
internal sealed record Measured(Slice Slice, int Keys, double CpuMicroseconds, double AllocatedBytes, double Busy)
{
    public double KeysPerSecond => Slice.PerSecond * Keys;
}

/// <summary>Two slices side by side: what disturbs one most likely disturbs the other.</summary>
internal sealed record Pair(Measured Base, Measured Load)
{
    public double Ratio => Load.KeysPerSecond / Base.KeysPerSecond;

    public double CpuRatio => Base.CpuMicroseconds / Base.Keys / (Load.CpuMicroseconds / Load.Keys);
}

/// <summary>A load beside another, A B A B.</summary>
/// <param name="Base">A.</param>
/// <param name="Load">B.</param>
/// <param name="Asked">The least ratio of B to A, in keys a second.</param>
internal sealed record Comparison(Calls Base, Calls Load, double Asked)
{
    /// <summary>At half of saturation, in seconds; null: no latency is asked for.</summary>
    public double? AskedLatency { get; init; }

    public bool WithLatency { get; init; } = true;

    /// <summary>Whether one body, the first, is enough for a second opinion by h2load.</summary>
    public bool IsOneBodyEnough { get; init; } = true;
}

/// <summary>Runs comparisons on one server.</summary>
internal sealed class ComparisonRun(PinnedServer server, Empty.EmptyClient hooks, HttpClient http, LoadOptions options, Results results)
{
    public async Task CompareAsync(Comparison comparison)
    {
        var (load, name) = (comparison.Load, comparison.Load.Name);
        // Before the first figure: the runtime compiles hot code anew, beside the calls on the one core.
        for (var i = 0; i < 2; i++)
        {
            await Saturate(comparison.Base);
            await Saturate(load);
        }

        var pairs = await PairsAsync(comparison, Saturate);
        Report.Throughput(comparison, "own", pairs);
        results.Ratio(comparison, "", pairs.ConvertAll(pair => pair.Ratio));
        results.Ratio(comparison, ", by CPU time", pairs.ConvertAll(pair => pair.CpuRatio));
        results.Cost(comparison, pairs);
        if (comparison.IsOneBodyEnough && options.WithH2Load && H2Load.IsPresent)
        {
            var second = await PairsAsync(comparison, each => H2Load.SaturateAsync(server.GrpcPort, each, options));
            Report.Throughput(comparison, "h2load, one body", second);
            results.Ratio(comparison, ", by h2load", second.ConvertAll(pair => pair.Ratio));
        }

        if (!options.WithLatency || !comparison.WithLatency) return;
        var half = Report.Median(pairs.Select(pair => pair.Load.Slice.PerSecond)) / 2;
        var late = await PairsAsync(comparison, each => Task.FromResult(Generator.Pace(server.GrpcPort, each, options, half)));
        Report.Latency(comparison, half, late);
        results.Latency($"{name}: p99 at half of saturation", comparison.AskedLatency, late.ConvertAll(pair => pair.Load.Slice.Percentile(0.99)));
        results.Latency($"{comparison.Base.Name} beside {name}: p99 at the same rate", asked: null, late.ConvertAll(pair => pair.Base.Slice.Percentile(0.99)));
    }

    private Task<Slice> Saturate(Calls calls) => Task.FromResult(Generator.Saturate(server.GrpcPort, calls, options));

    private async Task<List<Pair>> PairsAsync(Comparison comparison, Func<Calls, Task<Slice>> slice)
    {
        var pairs = new List<Pair>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var first = await MeasureAsync(comparison.Base, () => slice(comparison.Base));
            pairs.Add(new(first, await MeasureAsync(comparison.Load, () => slice(comparison.Load))));
        }

        return pairs;
    }

    private async Task<Measured> MeasureAsync(Calls calls, Func<Task<Slice>> slice)
    {
        var answered = await Observed.ReadAsync(http, server.Metrics);
        var before = await hooks.StatsAsync(new());
        var start = Stopwatch.GetTimestamp();
        var result = await slice();
        var elapsed = Stopwatch.GetElapsedTime(start);
        var after = await hooks.StatsAsync(new());
        (await Observed.ReadAsync(http, server.Metrics)).Require(answered, calls, result.Completed);
        var cpu = (double)(after.CpuMicroseconds - before.CpuMicroseconds);
        return new(
            result, calls.Keys, cpu / result.All, (after.AllocatedBytes - before.AllocatedBytes) / (double)result.All, cpu / elapsed.TotalMicroseconds);
    }
}
