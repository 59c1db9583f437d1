using System.Diagnostics;

namespace KeyService.Benchmarks.Load;

/// <summary>
/// One thread that never sleeps, on the core that the server does not have: sends what is due on its connections and takes what has
/// arrived. Every answer is checked.
/// </summary>
internal static class Generator
{
    /// <summary>As fast as the server answers.</summary>
    public static Slice Saturate(int port, Calls calls, LoadOptions options, bool failuresAllowed = false)
    {
        using var flow = new Flow(port, calls, options.Connections) { Streams = options.Streams };
        Run([flow], options.WarmUp, options.Seconds, options.GivesWay);
        return flow.Result().Require(calls, failuresAllowed);
    }

    /// <summary>Open loop, at half of saturation for instance.</summary>
    public static Slice Pace(int port, Calls calls, LoadOptions options, double perSecond)
    {
        using var flow = new Flow(port, calls, options.Connections) { PerSecond = perSecond };
        Run([flow], options.WarmUp, options.Seconds, options.GivesWay);
        return flow.Result().Require(calls);
    }

    /// <param name="flows">Side by side.</param>
    /// <param name="warmUp">Seconds before the measured ones.</param>
    /// <param name="seconds">The measured ones.</param>
    /// <param name="givesWay">While there is nothing to do, for a Redis on the same core.</param>
    /// <param name="drain">False: what is under way at the end is left to the next slice of the same flow.</param>
    public static void Run(IReadOnlyList<Flow> flows, double warmUp, double seconds, bool givesWay = false, bool drain = true)
    {
        var start = Stopwatch.GetTimestamp();
        var measured = start + (long)(warmUp * Stopwatch.Frequency);
        var end = measured + (long)(seconds * Stopwatch.Frequency);
        foreach (var flow in flows) flow.Begin(start, measured, end);
        while (Stopwatch.GetTimestamp() < end)
        {
            var any = false;
            foreach (var flow in flows) any |= flow.Step();
            if (!any && givesWay) Thread.Yield();
        }

        // Calls that are late at the end are those that matter.
        var bound = end + Stopwatch.Frequency;
        while (drain && Stopwatch.GetTimestamp() < bound && flows.Any(flow => flow.IsUnderWay))
        {
            foreach (var flow in flows) flow.Drain();
        }
    }

    /// <summary>The same, and the part of its core that the server used meanwhile.</summary>
    public static double RunAndWatch(PinnedServer server, IReadOnlyList<Flow> flows, double warmUp, double seconds, bool drain = true)
    {
        var (cpu, start) = (server.CpuTime, Stopwatch.GetTimestamp());
        Run(flows, warmUp, seconds, drain: drain);
        return (server.CpuTime - cpu) / Stopwatch.GetElapsedTime(start);
    }
}
