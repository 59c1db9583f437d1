using System.Diagnostics;

namespace KeyService.Benchmarks.Load;

/// <summary>What a slice of load gave.</summary>
/// <param name="Completed">Calls answered within the measured time.</param>
/// <param name="All">Calls answered, those of the warm-up too; 0 if it is not known.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="Latencies">Of each, in seconds, from the intended start; ascending; empty at saturation.</param>
internal sealed record Slice(long Completed, long All, double Seconds, double[] Latencies)
{
    public double PerSecond => Completed / Seconds;

    public double Percentile(double part) => Latencies[(int)Math.Min(Latencies.Length - 1, Math.Ceiling(Latencies.Length * part))];
}

/// <summary>
/// One thread that never sleeps, on the core that the server does not have: sends what is due on its connections and takes what has
/// arrived. Every answer is checked.
/// </summary>
internal static class Generator
{
    /// <summary>Kestrel allows 100 streams on a connection.</summary>
    private const int MaxUnderWay = 100;

    /// <summary>As fast as the server answers: so many calls are always under way.</summary>
    public static Slice Saturate(int port, Calls calls, LoadOptions options) => Run(port, calls, options, perSecond: null);

    /// <summary>
    /// Open loop: calls start at their times whether or not earlier ones were answered, and a late start counts as latency.
    /// </summary>
    public static Slice Pace(int port, Calls calls, LoadOptions options, double perSecond) => Run(port, calls, options, perSecond);

    private static Slice Run(int port, Calls calls, LoadOptions options, double? perSecond)
    {
        var connections = Enumerable.Range(0, options.Connections).Select(_ => new Http2Connection(port, calls)).ToArray();
        var start = Stopwatch.GetTimestamp();
        var measured = start + (options.WarmUp * Stopwatch.Frequency);
        var end = measured + (options.Seconds * Stopwatch.Frequency);
        var latencies = new List<double>(perSecond is { } rate ? (int)(rate * (options.Seconds + 1)) : 0);
        long completed = 0, all = 0, now = start, sent = 0;
        Action<long> onCompleted = intended =>
        {
            all++;
            if (now < measured) return;
            completed++;
            if (perSecond is not null && intended >= measured) latencies.Add(Stopwatch.GetElapsedTime(intended, now).TotalSeconds);
        };

        try
        {
            var next = (double)start;
            var step = Stopwatch.Frequency / (perSecond ?? 1);
            for (; now < end; now = Stopwatch.GetTimestamp())
            {
                foreach (var connection in connections)
                {
                    connection.Receive(onCompleted);
                    if (perSecond is null)
                    {
                        while (connection.UnderWay < options.Streams) connection.Send(Next(), now);
                    }
                    else if (next <= now && connection.UnderWay < MaxUnderWay)
                    {
                        connection.Send(Next(), (long)next);
                        next += step;
                    }

                    connection.Flush();
                }
            }

            var wrong = connections.Sum(connection => connection.Wrong);
            if (wrong > 0) throw new InvalidOperationException($"{calls.Name}: {wrong} answers are not what they must be.");
            latencies.Sort();
            return new(completed, all, Stopwatch.GetElapsedTime(measured, now).TotalSeconds, [.. latencies]);
        }
        finally
        {
            foreach (var connection in connections) connection.Dispose();
        }

        byte[] Next() => calls.Bodies[(int)(sent++ % calls.Bodies.Count)];
    }
}
