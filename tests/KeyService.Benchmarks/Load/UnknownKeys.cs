namespace KeyService.Benchmarks.Load;

/// <summary>
/// Keys that nobody knows but that are right in every other way, at twice what the database can answer, beside valid ones at half of what the
/// server can do. The embedded database works in the server's process, on its core.
/// </summary>
internal static class UnknownKeys
{
    public const string Name = "unknown keys";

    /// <summary>No "no" is ever kept, so each is a read however often it is asked; so many that none is asked twice at the same time.</summary>
    private const int Count = 20_000;

    public static async Task RunAsync(ServerProcess server, HttpClient http, Calls hits, LoadOptions options, Results results)
    {
        var unknown = Calls.UnknownKeys(hits.Credential!, server.MasterKey, Count);
        for (var i = 0; i < 2; i++) Generator.Saturate(server.GrpcPort, unknown, options, failuresAllowed: true);
        var before = await Observed.ReadAsync(http, server.Metrics);
        var capacity = Generator.Saturate(server.GrpcPort, unknown, options, failuresAllowed: true);
        var after = await Observed.ReadAsync(http, server.Metrics);
        if (after.LookupsSince(before, "database") < capacity.Completed) throw new InvalidOperationException($"{Name}: the database was not asked about each.");
        var half = Generator.Saturate(server.GrpcPort, hits, options).PerSecond / 2;

        var rounds = new List<Round>();
        for (var round = 0; round < options.Rounds; round++) rounds.Add(Measure(server.GrpcPort, hits, half, unknown, capacity.PerSecond * 2, options));

        Report.Title($"{Name}: {hits.Name} at {half:N0} calls/s, beside unknown keys at {capacity.PerSecond * 2:N0} calls/s, twice what the database answers");
        foreach (var round in rounds)
        {
            Report.Line($"  hits alone       p50 / p99 / p99.9 / max {Report.Percentiles(round.Alone.Latencies)} ms");
            Report.Line($"  hits beside them p50 / p99 / p99.9 / max {Report.Percentiles(round.Beside.Latencies)} ms; {round.Beside.PerSecond / half:P1} of what was due answered, rejected {round.Beside.Rejected.Length}, failed {round.Beside.Failed}");
            Report.Line($"  unknown keys     {round.Unknown.PerSecond:N0} calls/s answered; rejected {round.Unknown.Rejected.Length} after {Report.Percentiles(round.Unknown.Rejected)} ms; failed otherwise {round.Unknown.Failed}; never sent {round.Unknown.NotSent}");
        }

        results.Latency("unknown keys at twice the database's capacity: p99 of valid ones beside them", 0.010, rounds.ConvertAll(round => round.Beside.Percentile(0.99)));
        results.Latency("the same valid ones without them: p99", asked: null, rounds.ConvertAll(round => round.Alone.Percentile(0.99)));
        results.Told("p99 with them : without them", "", Report.Spread(rounds, round => round.Beside.Percentile(0.99) / round.Alone.Percentile(0.99), "F1"), met: null);
        results.AtLeast("valid ones beside them: answered, of what was due", 0.99, rounds.ConvertAll(round => round.Beside.PerSecond / half));
    }

    private static Round Measure(int port, Calls hits, double hitsPerSecond, Calls unknown, double unknownPerSecond, LoadOptions options)
    {
        var alone = Generator.Pace(port, hits, options, hitsPerSecond);
        using var valid = new Flow(port, hits, options.Connections) { PerSecond = hitsPerSecond };
        using var others = new Flow(port, unknown, options.OverloadConnections) { PerSecond = unknownPerSecond };
        Generator.Run([valid, others], options.WarmUp, options.Seconds);
        return new(alone, valid.Result().Require(hits, failuresAllowed: true), others.Result().Require(unknown, failuresAllowed: true));
    }

    private sealed record Round(Slice Alone, Slice Beside, Slice Unknown);
}
