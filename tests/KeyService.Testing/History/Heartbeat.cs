using System.Collections.Concurrent;
using System.Diagnostics;

namespace KeyService.Testing.History;

/// <summary>
/// Beats in this process, and notes when it could not: then the clients could not run either, and the deadlines of their calls passed all the same.
/// A server that stalls by itself leaves no gap here.
/// </summary>
internal sealed class Heartbeat(long began)
{
    /// <summary>300 ms: more than a busy machine takes, less than the deadline of any call.</summary>
    public static readonly long Longest = Stopwatch.Frequency * 3 / 10;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<FaultWindow> _stalls = new();
    private long _last = began;

    /// <summary>Of this process.</summary>
    public static Heartbeat Here { get; } = Begin();

    /// <summary>Those that went on after a moment.</summary>
    public List<FaultWindow> StallsSince(long moment) => [.. _stalls.Where(stall => stall.Until > moment)];

    public void Beat(long now)
    {
        if (now - _last > Longest) _stalls.Enqueue(FaultWindow.Stall(_last, now));
        _last = now;
    }

    private static Heartbeat Begin()
    {
        var heart = new Heartbeat(MonotonicClock.Now);
        _ = Task.Run(heart.BeatAsync);
        return heart;
    }

    private async Task BeatAsync()
    {
        while (true)
        {
            await DeliberateDelay.ForAsync(Interval, "the beat");
            Beat(MonotonicClock.Now);
        }
    }
}
