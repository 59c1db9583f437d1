using System.Globalization;
using KeyService.Server.TestHooks;

namespace KeyService.Benchmarks.Load;

/// <summary>Figures as min / median / max over the rounds.</summary>
internal static class Report
{
    public static void Heading(ServerStats server, int processId, LoadOptions options)
    {
        Line($"{DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()):yyyy-MM-dd}, {server.Runtime}, process {processId}");
        Line($"server: {server.Processors} core(s), {(server.ServerGc ? "server" : "workstation")} GC; load: 1 core of {Cores.Count}; Redis, where there is one: core {Cores.Redis}");
        Line($"{options.Rounds} rounds of {options.Seconds} s after {options.WarmUp} s, {options.Connections} connections, {options.Streams} calls under way on each, {options.Keys} keys");
        Line($"figures are min / median / max");
    }

    public static void Throughput(Comparison comparison, string generator, List<Pair> pairs)
    {
        var names = new[] { comparison.Base.Name, comparison.Load.Name };
        Title($"{comparison.Load.Name} (generator: {generator})");
        Line($"  {names[0]}: {Spread(pairs, pair => pair.Base.KeysPerSecond, "N0")} {Unit(comparison)}/s, server busy {Spread(pairs, pair => pair.Base.Busy, "P0")}");
        Line($"  {names[1]}: {Spread(pairs, pair => pair.Load.KeysPerSecond, "N0")} {Unit(comparison)}/s, server busy {Spread(pairs, pair => pair.Load.Busy, "P0")}");
        Line($"  ratio     {Spread(pairs, pair => pair.Ratio, "F3")}");
        if (pairs.Exists(pair => pair.Load.Slice.All == 0)) return;
        Line($"  CPU ratio {Spread(pairs, pair => pair.CpuRatio, "F3")}");
        Line($"  CPU s per million calls: {names[0]} {Spread(pairs, pair => pair.Base.CpuMicroseconds, "F1")}, {names[1]} {Spread(pairs, pair => pair.Load.CpuMicroseconds, "F1")}");
        Line($"  bytes allocated per call: {names[0]} {Spread(pairs, pair => pair.Base.AllocatedBytes, "N0")}, {names[1]} {Spread(pairs, pair => pair.Load.AllocatedBytes, "N0")}");
    }

    public static void Latency(Comparison comparison, double perSecond, List<Pair> pairs)
    {
        Title($"{comparison.Load.Name}, open loop at {perSecond:N0} calls/s (half of its saturation), ms from the intended start");
        foreach (var part in (double[])[0.5, 0.99, 0.999])
        {
            Line($"  p{part * 100:0.#}  {comparison.Base.Name} {Spread(pairs, pair => pair.Base.Slice.Percentile(part) * 1_000, "F2")}, {comparison.Load.Name} {Spread(pairs, pair => pair.Load.Slice.Percentile(part) * 1_000, "F2")}");
        }

        Line($"  answered  {Spread(pairs, pair => pair.Load.Slice.PerSecond / perSecond, "P1")} of what was due, server busy {Spread(pairs, pair => pair.Load.Busy, "P0")}");
    }

    public static void Title(FormattableString title)
    {
        Line($"");
        Line(title);
    }

    public static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Spread<T>(IReadOnlyList<T> rounds, Func<T, double> figure, string format) => Spread([.. rounds.Select(figure)], format);

    public static string Spread(IReadOnlyList<double> figures, string format) =>
        string.Join(" / ", new[] { figures.Min(), Median(figures), figures.Max() }.Select(value => value.ToString(format, CultureInfo.InvariantCulture)));

    /// <summary>p50, p99, p99.9 and the longest, in ms.</summary>
    public static string Percentiles(double[] sorted) => sorted.Length == 0
        ? "none"
        : string.Join(" / ", ((double[])[0.5, 0.99, 0.999, 1]).Select(part => (Slice.Percentile(sorted, part) * 1_000).ToString("F2", CultureInfo.InvariantCulture)));

    private static string Unit(Comparison comparison) => comparison.Base.Keys == comparison.Load.Keys ? "calls" : "keys";
}
