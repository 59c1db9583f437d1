using KeyService.Server.Lookup;

namespace KeyService.Benchmarks.Load;

/// <summary>
/// Keys that nobody knows but that are right in every other way, at twice what the database can answer, beside valid ones at half of what the
/// server can do. The embedded database works in the server's process, on its core: at twice its capacity there is nothing left for anybody, unless
/// the server refuses some. A database of its own machine is what the second run stands for: it is slow, and costs the server nothing.
/// </summary>
internal static class UnknownKeys
{
    public const string Name = "unknown keys, embedded database";
    public const string SlowName = "unknown keys, slow database";

    /// <summary>As KeyService.Server/TestHooks/DatabaseFault reads it: each statement takes so many ms more.</summary>
    public const string SlowFault = "1 delay 100";

    /// <summary>No "no" is ever kept, so each is a read however often it is asked; so many that none is asked twice at the same time.</summary>
    private const int Count = 20_000;

    public static async Task RunAsync(string name, PinnedServer server, HttpClient http, Calls hits, LoadOptions options, Results results)
    {
        // As many as may read at once: with more, some would wait too long and not count.
        var saturating = options with { Streams = Math.Max(1, ReadGate.Reads / options.Connections) };
        var unknown = Calls.UnknownKeys(hits.Credential!, server.MasterKey, Count);
        for (var i = 0; i < 2; i++) Generator.Saturate(server.GrpcPort, unknown, saturating, failuresAllowed: true);
        var before = await Observed.ReadAsync(http, server.Metrics);
        var capacity = Generator.Saturate(server.GrpcPort, unknown, saturating, failuresAllowed: true);
        var after = await Observed.ReadAsync(http, server.Metrics);
        if (after.LookupsSince(before, "database") < capacity.Completed) throw new InvalidOperationException($"{name}: the database was not asked about each.");
        var half = Generator.Saturate(server.GrpcPort, hits, options).PerSecond / 2;

        var rate = options.UnknownRate ?? capacity.PerSecond * 2;
        var rounds = new List<Round>();
        for (var round = 0; round < options.Rounds; round++) rounds.Add(Measure(server, hits, half, unknown, rate, options));

        Report.Title($"{name}: {hits.Name} at {half:N0} calls/s, beside unknown keys at {rate:N0} calls/s, of which the database answers {capacity.PerSecond:N0}");
        foreach (var round in rounds)
        {
            Report.Line($"  hits alone       p50 / p99 / p99.9 / max {Report.Percentiles(round.Alone.Latencies)} ms");
            Report.Line($"  hits beside them p50 / p99 / p99.9 / max {Report.Percentiles(round.Beside.Latencies)} ms; {round.Beside.PerSecond / half:P1} of what was due answered, rejected {round.Beside.Rejected.Length}, failed {round.Beside.Failed}");
            Report.Line($"  unknown keys     {round.Unknown.PerSecond:N0} calls/s answered; rejected {round.Unknown.Rejected.Length} after {Report.Percentiles(round.Unknown.Rejected)} ms; failed otherwise {round.Unknown.Failed}; never sent {round.Unknown.NotSent}; server busy {round.Busy:P0}");
        }

        results.Latency($"{name}: p99 of valid ones beside them", 0.010, rounds.ConvertAll(round => round.Beside.Percentile(0.99)));
        results.Latency($"{name}: p99 of the same valid ones without them", asked: null, rounds.ConvertAll(round => round.Alone.Percentile(0.99)));
        results.Told($"{name}: p99 with them : without them", "", Report.Spread(rounds, round => round.Beside.Percentile(0.99) / round.Alone.Percentile(0.99), "F1"), met: null);
        results.Latency($"{name}: p99 of who is told to come back later", 0.010, rounds.ConvertAll(round => round.Unknown.RejectedPercentile(0.99)));
        results.AtLeast($"{name}: valid ones answered, of what was due", 0.99, rounds.ConvertAll(round => round.Beside.PerSecond / half));
    }

    private static Round Measure(
        PinnedServer server, Calls hits, double hitsPerSecond, Calls unknown, double unknownPerSecond, LoadOptions options)
    {
        var alone = Generator.Pace(server.GrpcPort, hits, options, hitsPerSecond);
        using var valid = new Flow(server.GrpcPort, hits, options.Connections) { PerSecond = hitsPerSecond };
        using var others = new Flow(server.GrpcPort, unknown, options.OverloadConnections) { PerSecond = unknownPerSecond };
        var busy = Generator.RunAndWatch(server, [valid, others], options.WarmUp, options.Seconds);
        return new(busy, alone, valid.Result().Require(hits, failuresAllowed: true), others.Result().Require(unknown, failuresAllowed: true));
    }

    private sealed record Round(double Busy, Slice Alone, Slice Beside, Slice Unknown);
}
