using System.Diagnostics;
using KeyService.Benchmarks.Load;
using KeyService.Benchmarks.Scale.Rows;
using KeyService.Server.Lookup;

namespace KeyService.Benchmarks.Scale;

/// <summary><c>scale measure</c>: a big and a small store in turn, big, small, big, small; every figure is a ratio of neighbours.</summary>
internal static class MeasureWord
{
    /// <summary>The second core: the first is the server's.</summary>
    private const nint Core = 0b10;

    private const int InFlight = 4;

    public static async Task RunAsync(ScaleOptions options)
    {
        var (big, small) = (new ScaleStore(options.Data, options.SqlServer), new ScaleStore(options.Small, options.SmallSqlServer));
        if (!small.IsLoaded) await LoadWord.LoadAsync(small, options.SmallKeys, options);
        if (options.Build) await PinnedServer.BuildAsync();
        if (OperatingSystem.IsLinux()) Process.GetCurrentProcess().ProcessorAffinity = Core;

        var run = new Run(big, small, options);
        Report.Line($"big: {run.Big.Keys:N0} keys, small: {run.Small.Keys:N0}; {options.Rounds} rounds; figures are min / median / max");
        run.Sizes();
        if ("look-ups".Contains(options.Only, StringComparison.Ordinal)) await run.LookUpsAsync();
        if ("pages".Contains(options.Only, StringComparison.Ordinal)) await run.PagesAsync();
        if ("memory".Contains(options.Only, StringComparison.Ordinal)) await run.MemoryAsync();
    }

    private sealed class Run(ScaleStore bigStore, ScaleStore smallStore, ScaleOptions options)
    {
        public LoadPlan Big { get; } = bigStore.ReadPlan();

        public LoadPlan Small { get; } = smallStore.ReadPlan();

        public void Sizes()
        {
            foreach (var (store, plan) in new[] { (bigStore, Big), (smallStore, Small) })
            {
                if (store.SqlServer is not null) continue;
                var size = FileCache.Read(store.DatabaseFile);
                Report.Line($"database file: {size:N0} bytes, {(double)size / plan.Keys:N0} a key of {plan.Keys:N0}");
            }
        }

        /// <summary>A process of its own for each round and store: no key is in its memory. The starts are measured with it.</summary>
        public async Task LookUpsAsync()
        {
            var (big, small) = (new List<Round>(), new List<Round>());
            for (var i = 0; i < options.Rounds; i++)
            {
                big.Add(await LookUpsAsync(bigStore, Big));
                small.Add(await LookUpsAsync(smallStore, Small));
            }

            Report.Line($"");
            Report.Line($"cold look-ups, {options.LookUps:N0} a round after {options.WarmUp:N0}, {InFlight} under way{(options.DropFileCache ? ", files dropped from the system's cache before each start" : "")}");
            Compare("p50, ms", big, small, round => round.LookUps.Median);
            Compare("p99, ms", big, small, round => round.LookUps.P99);
            Compare("server's CPU, us", big, small, round => round.LookUps.ServerMicroseconds);
            Report.Line($"start to ready");
            Compare("seconds", big, small, round => round.Start.TotalSeconds);
        }

        public async Task PagesAsync()
        {
            await using var server = await ScaleServer.StartAsync(bigStore, cacheCapacity: 100);
            var pages = new Pages(server, bigStore);
            foreach (var (what, orderBy, order) in Pages.All)
            {
                if (await pages.TokenAsync(what, order, options.Pages) is not { } deep)
                {
                    Report.Line($"ListKeys: the big workspace has no page 10,000");
                    return;
                }

                // Both once, unmeasured: compiled queries, and pages of the file that only one of them may have read.
                await pages.WalkAsync(orderBy, "", options.Pages);
                await pages.WalkAsync(orderBy, deep, options.Pages);
                var (lasts, firsts) = (new List<(List<double> Times, double Cpu)>(), new List<(List<double> Times, double Cpu)>());
                for (var i = 0; i < options.Rounds; i++)
                {
                    lasts.Add(await pages.WalkAsync(orderBy, deep, options.Pages));
                    firsts.Add(await pages.WalkAsync(orderBy, "", options.Pages));
                }

                Report.Line($"");
                Report.Line($"ListKeys, order_by {orderBy}: {options.Pages} pages of 500 from {what} on, and from page 1");
                Compare("ms a page", lasts, firsts, walk => walk.Times.Order().ElementAt(walk.Times.Count / 2));
                Compare("server's CPU, us", lasts, firsts, walk => walk.Cpu);
            }
        }

        public async Task MemoryAsync()
        {
            // A third more room than keys: no segment of the cache throws out what it should keep.
            await using var server = await ScaleServer.StartAsync(bigStore, (options.Cached * 4 / 3) + options.WarmUp);
            var lookUps = LookUps(server, bigStore, Big);
            await lookUps.RunAsync(options.WarmUp, 4 * InFlight);
            var (before, entriesBefore) = await HeapAsync(server, options.WarmUp);
            await lookUps.RunAsync(options.Cached, 4 * InFlight);
            var (after, entries) = await HeapAsync(server, options.WarmUp + options.Cached);
            Report.Line($"");
            var each = (after - before) / (double)(entries - entriesBefore);
            Report.Line($"memory: heap {before:N0} bytes with {entriesBefore:N0} keys, {after:N0} with {entries:N0}: {each:N0} bytes a key");
            foreach (var full in new[] { 100_000, 1_000_000, 10_000_000 }) Report.Line($"  and the tables of a cache of {full:N0} that is full: {each + TableBytes(full):N0} bytes a key");
        }

        /// <summary>Of each place: the tables are as large as the capacity from the start, so the heap before has them too.</summary>
        private static double TableBytes(int capacity) => MemoryKeyCache.TableLength(capacity) * (double)IntPtr.Size / capacity;

        private async Task<Round> LookUpsAsync(ScaleStore store, LoadPlan plan)
        {
            if (options.DropFileCache) await FileCache.DropAsync(store.DatabaseFile);
            await using var server = await ScaleServer.StartAsync(store, cacheCapacity: 100_000);
            var lookUps = LookUps(server, store, plan);
            await lookUps.RunAsync(options.WarmUp, InFlight);
            return new(server.StartTime, await lookUps.RunAsync(options.LookUps, InFlight));
        }

        /// <summary>Once the times of all uses are written: until then each is kept beside its key.</summary>
        private static async Task<(long Bytes, long Entries)> HeapAsync(ScaleServer server, int used)
        {
            var began = Stopwatch.GetTimestamp();
            while (await server.MetricAsync("keyservice_usage_flushed_total") < used)
            {
                if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(1)) throw new TimeoutException("The last-used times are not written.");
                await Task.Delay(TimeSpan.FromMilliseconds(500));
            }

            var heap = await server.Hooks.CollectAsync(new());
            return (heap.Bytes, await server.MetricAsync("keyservice_cache_entries"));
        }

        private static ColdLookUps LookUps(ScaleServer server, ScaleStore store, LoadPlan plan) =>
            new(server, new(plan, store.MasterKeys, store.Options.Issuance.Brand), plan.Keys);

        private static void Compare<T>(string what, List<T> a, List<T> b, Func<T, double> figure) => Report.Line(
            $"  {what,-18} {Report.Spread(a.Select(figure), "F3")}   beside {Report.Spread(b.Select(figure), "F3")}   ratio {Report.Spread(a.Zip(b, (x, y) => figure(x) / figure(y)), "F2")}");
    }

    private sealed record Round(TimeSpan Start, ColdLookUps.Result LookUps);
}
