namespace KeyService.Benchmarks.Load;

/// <summary>
/// Half as much again as the server can do, then half of what it can do: what is still answered, how soon the rest is told, and how soon all is
/// well again. A connection takes 50 calls; a call that is due and finds no place waits, and is given up when the overload ends.
/// </summary>
internal static class Overload
{
    public const string Name = "overload";

    private const double Factor = 1.5;
    private const double RecoverySeconds = 2;

    public static async Task RunAsync(PinnedServer server, HttpClient http, Calls calls, LoadOptions options, Results results)
    {
        foreach (var connections in new[] { options.Connections, options.OverloadConnections }.Distinct())
            await RunAsync(server, http, calls, options, connections, results);
    }

    private static async Task RunAsync(
        PinnedServer server, HttpClient http, Calls calls, LoadOptions options, int connections, Results results)
    {
        var before = await Observed.ReadAsync(http, server.Metrics);
        for (var i = 0; i < 2; i++) Generator.Saturate(server.GrpcPort, calls, options);
        var rounds = new List<Round>();
        for (var round = 0; round < options.Rounds; round++) rounds.Add(Measure(server, calls, options, connections));
        (await Observed.ReadAsync(http, server.Metrics)).RequireVerdict(before, calls, rounds.Sum(round => round.Over.Completed + round.After.Completed));

        Report.Title($"{Name}: {calls.Name}, open loop at 150 % of saturation on {connections} connections");
        Report.Line($"  saturation {Report.Spread(rounds, round => round.Saturation, "N0")} calls/s");
        Report.Line($"  answered   {Report.Spread(rounds, round => round.Over.PerSecond, "N0")} calls/s, {Report.Spread(rounds, round => round.Goodput, "F3")} of saturation; server busy {Report.Spread(rounds, round => round.Busy, "P0")}");
        foreach (var round in rounds)
        {
            Report.Line($"  rejected   {round.Over.Rejected.Length} after p50 / p99 / p99.9 / max {Report.Percentiles(round.Over.Rejected)} ms; failed otherwise {round.Over.Failed}; never sent {round.Over.NotSent}");
            Report.Line($"  latency    p50 / p99 / p99.9 / max {Report.Percentiles(round.Over.Latencies)} ms from the intended start");
            Report.Line($"  {RecoverySeconds} s at half after it: {round.After.PerSecond / (round.Saturation / 2):P1} of what was due answered; p50 / p99 / p99.9 / max {Report.Percentiles(round.After.Latencies)} ms; rejected {round.After.Rejected.Length}, failed {round.After.Failed}");
        }

        var where = $"on {connections} connections";
        results.AtLeast($"150 % of saturation {where}: answered, of saturation", 0.9, rounds.ConvertAll(round => round.Goodput));
        results.AtLeast(
            $"150 % of saturation {where}: the same of the best slices",
            0.9,
            [rounds.Max(round => round.Over.PerSecond) / rounds.Max(round => round.Saturation)]);
        var rejecting = rounds.FindAll(round => round.Over.Rejected.Length > 0);
        if (rejecting.Count == 0) results.Told($"150 % of saturation {where}: p99 of rejects, from when they were sent", "<= 10 ms", "none rejected", met: null);
        else results.Latency($"150 % of saturation {where}: p99 of rejects, from when they were sent", 0.010, rejecting.ConvertAll(round => Slice.Percentile(round.Over.Rejected, 0.99)));
        results.Told($"150 % of saturation {where}: failed otherwise", "0", Report.Spread(rounds, round => round.Over.Failed, "N0"), rounds.TrueForAll(round => round.Over.Failed == 0));
        results.AtLeast($"2 s at half after it {where}: answered, of what was due", 0.99, rounds.ConvertAll(round => round.After.PerSecond / (round.Saturation / 2)));
        results.Latency($"2 s at half after it {where}: p99", asked: null, rounds.ConvertAll(round => round.After.Percentile(0.99)));
    }

    private static Round Measure(PinnedServer server, Calls calls, LoadOptions options, int connections)
    {
        var saturation = Generator.Saturate(server.GrpcPort, calls, options).PerSecond;
        using var flow = new Flow(server.GrpcPort, calls, connections) { PerSecond = saturation * Factor };
        var busy = Generator.RunAndWatch(server, [flow], options.WarmUp, options.Seconds, drain: false);
        var over = flow.Result().Require(calls, failuresAllowed: true);
        flow.PerSecond = saturation / 2;
        Generator.Run([flow], warmUp: 0, RecoverySeconds);
        return new(saturation, busy, over, flow.Result().Require(calls, failuresAllowed: true));
    }

    private sealed record Round(double Saturation, double Busy, Slice Over, Slice After)
    {
        public double Goodput => Over.PerSecond / Saturation;
    }
}
