using System.Diagnostics;

namespace KeyService.Testing.History;

/// <summary>One clock for all that is recorded. The database's times are brought to it by one pair of readings, on the same host.</summary>
internal sealed class MonotonicClock
{
    /// <summary>For the pair of readings, microseconds cut off, and a clock that is slewed. A late VALID is caught all the same, by its thousands.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan CloseEnough = TimeSpan.FromMicroseconds(50);

    private readonly long _timestamp;
    private readonly DateTimeOffset _utc;

    public MonotonicClock()
    {
        // Until nothing came in between.
        TimeSpan apart;
        do
        {
            _timestamp = Stopwatch.GetTimestamp();
            _utc = TimeProvider.System.GetUtcNow();
            apart = Stopwatch.GetElapsedTime(_timestamp);
        }
        while (apart > CloseEnough);
    }

    public static long Now => Stopwatch.GetTimestamp();

    public static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);

    /// <summary>When this clock will have passed that time, for certain.</summary>
    public long At(DateTimeOffset utc) => _timestamp + Ticks(utc - _utc + Tolerance);
}
