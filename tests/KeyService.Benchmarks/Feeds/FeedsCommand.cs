using System.Diagnostics;
using System.Globalization;
using KeyService.Server.Replication;

namespace KeyService.Benchmarks.Feeds;

/// <summary>
/// <c>feeds</c>: what the idle feeds of many replicas cost, all in this process on one SQLite store, beside as many timers that tick as often
/// and do nothing. In turn: timers, feeds, timers, feeds.
/// </summary>
internal static class FeedsCommand
{
    public const string Usage = "[--replicas 50] [--rounds 3] [--seconds 20]";

    public static async Task<int> RunAsync(string[] args)
    {
        var (replicas, rounds, seconds) = (50, 3, 20);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--replicas": replicas = Number(); break;
                case "--rounds": rounds = Number(); break;
                case "--seconds": seconds = Number(); break;
                default: throw new ArgumentException($"Unknown option {args[i]}. feeds {Usage}", nameof(args));
            }

            int Number() => int.Parse(args[++i], NumberStyles.None, CultureInfo.InvariantCulture);
        }

        await using var store = await FeedStore.MakeAsync();
        var (feeds, timers) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            timers.Add(await TimersAsync(replicas, seconds));
            await using var fleet = await store.StartAsync(replicas);
            var (calls, statements) = fleet.Counted;
            var cost = await MeasureAsync(seconds);
            feeds.Add(cost);
            var (callsNow, statementsNow) = fleet.Counted;
            var each = (double)seconds * replicas;
            Print($"round {round + 1}: {replicas} feeds {cost:0.0} % of a core, as many timers {timers[^1]:0.0} %");
            Print($"  per replica and second: {(callsNow - calls) / each:0.0} calls, {(statementsNow - statements) / each:0.0} statements");
        }

        var net = feeds.Zip(timers, (feed, timer) => feed - timer).Order().ToList();
        Print($"{replicas} idle feeds less their timers: {net[0]:0.0} / {net[net.Count / 2]:0.0} / {net[^1]:0.0} % of a core (min, median, max)");
        return 0;
    }

    /// <summary>The loop of the feed and that of the reaper, with nothing in them.</summary>
    private static async Task<double> TimersAsync(int count, int seconds)
    {
        using var over = new CancellationTokenSource();
        var ticking = new List<Task>();
        for (var i = 0; i < count; i++)
        {
            ticking.Add(TickAsync(FeedLoop.Interval, over.Token));
            ticking.Add(TickAsync(FeedCycle.RegisterInterval, over.Token));
        }

        var cost = await MeasureAsync(seconds);
        await over.CancelAsync();
        await Task.WhenAll(ticking);
        return cost;
    }

    private static async Task TickAsync(TimeSpan interval, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
            await Task.Delay(interval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>This process, in percent of one core.</summary>
    private static async Task<double> MeasureAsync(int seconds)
    {
        var (cpu, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        return (Environment.CpuUsage.TotalTime - cpu) / Stopwatch.GetElapsedTime(began) * 100;
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
