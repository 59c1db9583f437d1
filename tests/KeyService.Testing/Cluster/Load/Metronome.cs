using System.Diagnostics;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>Gives one client its times to begin: as far apart as it is told, whatever the answers take. Behind by more than one, it forgets what it missed.</summary>
/// <param name="interval">Zero: at once after each answer.</param>
/// <param name="offset">Of its first beginning, so that clients do not begin together.</param>
internal sealed class Metronome(TimeSpan interval, TimeSpan offset)
{
    private readonly long _interval = MonotonicClock.Ticks(interval);
    private long _next = Stopwatch.GetTimestamp() + MonotonicClock.Ticks(offset);

    public async Task NextAsync()
    {
        if (_interval == 0) return;
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _next);
        if (left > TimeSpan.Zero) await DeliberateDelay.ForAsync(left, "the rate of a client");
        _next = Math.Max(_next, Stopwatch.GetTimestamp() - _interval) + _interval;
    }
}
