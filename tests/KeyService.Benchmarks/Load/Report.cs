using System.Globalization;
using KeyService.Server.TestHooks;

namespace KeyService.Benchmarks.Load;

/// <summary>Figures as min / median / max over the rounds.</summary>
internal static class Report
{
    public static void Heading(ServerStats server, int processId, LoadOptions options)
    {
        Line($"{DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()):yyyy-MM-dd}, {server.Runtime}, process {processId}");
        Line($"server: {server.Processors} core(s), {(server.ServerGc ? "server" : "workstation")} GC; load: 1 core of {Environment.ProcessorCount}");
        Line($"{options.Rounds} rounds of {options.Seconds} s after {options.WarmUp} s, {options.Connections} connections, {options.Streams} calls under way on each, {options.Keys} keys");
        Line($"figures are min / median / max");
    }

    public static void Throughput(string name, string generator, List<Pair> pairs)
    {
        Line($"");
        Line($"{name} (generator: {generator})");
        Line($"  empty     {Spread(pairs, pair => pair.Empty.Slice.PerSecond, "N0")} calls/s");
        Line($"  load      {Spread(pairs, pair => pair.Load.Slice.PerSecond, "N0")} calls/s");
        Line($"  ratio     {Spread(pairs, pair => pair.Ratio, "F3")}");
        if (pairs.Exists(pair => pair.Load.Slice.All == 0)) return;
        Line($"  CPU ratio {Spread(pairs, pair => pair.CpuRatio, "F3")}");
        Line($"  CPU s per million calls: empty {Spread(pairs, pair => pair.Empty.CpuMicroseconds, "F1")}, load {Spread(pairs, pair => pair.Load.CpuMicroseconds, "F1")}");
        Line($"  bytes allocated per call: empty {Spread(pairs, pair => pair.Empty.AllocatedBytes, "N0")}, load {Spread(pairs, pair => pair.Load.AllocatedBytes, "N0")}");
    }

    public static void Latency(string name, double perSecond, List<Pair> pairs)
    {
        Line($"");
        Line($"{name}, open loop at {perSecond:N0} calls/s (half of its saturation), ms from the intended start");
        foreach (var part in (double[])[0.5, 0.99, 0.999])
        {
            Line($"  p{part * 100:0.#}  empty {Spread(pairs, pair => pair.Empty.Slice.Percentile(part) * 1_000, "F2")}, load {Spread(pairs, pair => pair.Load.Slice.Percentile(part) * 1_000, "F2")}");
        }

        Line($"  answered  {Spread(pairs, pair => pair.Load.Slice.PerSecond / perSecond, "P1")} of what was due");
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Spread(List<Pair> pairs, Func<Pair, double> figure, string format)
    {
        var figures = pairs.ConvertAll(pair => figure(pair));
        return string.Join(" / ", new[] { figures.Min(), Median(figures), figures.Max() }.Select(value => value.ToString(format, CultureInfo.InvariantCulture)));
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
