using System.Diagnostics;
using System.Security.Cryptography;
using KeyService.Benchmarks.Scale.Rows;
using KeyService.Contracts.V1;

namespace KeyService.Benchmarks.Scale;

/// <summary>ValidateKey of keys that the process was never asked about: each is a read of the database, and the server's own counter must say so.</summary>
internal sealed class ColdLookUps(ScaleServer server, SyntheticKeys keys, int count)
{
    /// <summary>Times of the calls.</summary>
    /// <param name="Milliseconds">Sorted.</param>
    /// <param name="ServerMicroseconds">CPU time of the server for each: hardly depends on who else runs.</param>
    public sealed record Result(double[] Milliseconds, double ServerMicroseconds)
    {
        public double Median => Report.Percentile(Milliseconds, 0.5);

        public double P99 => Report.Percentile(Milliseconds, 0.99);
    }

    private readonly HashSet<int> _asked = [];

    /// <summary>A closed loop over so many keys, drawn at random.</summary>
    public async Task<Result> RunAsync(int calls, int inFlight)
    {
        var requests = new Queue<ValidateKeyRequest>(Draw(calls));
        // The credential is a key as well: it is in memory before the first look-up counts.
        await server.Client.GetCallerAsync(new(), server.Root);
        var (read, before) = (await ReadsAsync(), await server.Hooks.StatsAsync(new()));
        var times = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => AskAsync(requests)));
        var after = await server.Hooks.StatsAsync(new());
        read = await ReadsAsync() - read;
        // A process that was held up for longer than its lease reads its credential again.
        if (read < calls || read > calls + (calls / 100)) throw new InvalidOperationException($"{calls} calls, but {read} reads of the database: these look-ups were not cold.");
        return new([.. times.SelectMany(each => each).Order()], (after.CpuMicroseconds - before.CpuMicroseconds) / (double)calls);
    }

    private Task<long> ReadsAsync() => server.MetricAsync("keyservice_lookups_total", "source=\"database\"");

    private IEnumerable<ValidateKeyRequest> Draw(int calls)
    {
        if (_asked.Count + calls > count) throw new InvalidOperationException($"The store has {count} keys: {calls} that were never asked are not left.");
        for (var i = 0; i < calls; i++)
        {
            int n;
            do n = RandomNumberGenerator.GetInt32(count);
            while (!_asked.Add(n));
            yield return new() { ApiKey = keys.TextOf(n) };
        }
    }

    private async Task<List<double>> AskAsync(Queue<ValidateKeyRequest> requests)
    {
        var times = new List<double>();
        while (Next(requests) is { } request)
        {
            var began = Stopwatch.GetTimestamp();
            var response = await server.Client.ValidateKeyAsync(request, server.Root);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (response.Verdict != Verdict.Valid) throw new InvalidOperationException($"The answer is {response.Verdict}, not VALID.");
        }

        return times;
    }

    private static ValidateKeyRequest? Next(Queue<ValidateKeyRequest> requests)
    {
        lock (requests) return requests.TryDequeue(out var request) ? request : null;
    }
}
