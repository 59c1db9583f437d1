namespace KeyService.Server.Keys;

/// <summary>Times are kept to the microsecond on both engines: what was written is what is read back.</summary>
internal static class UtcMicroseconds
{
    public static DateTimeOffset Truncate(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    public static DateTimeOffset Now(TimeProvider time) => Truncate(time.GetUtcNow());

    /// <summary>A stored time that is later than now by more than this was written by a clock that was wrong: one minute.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Now, but not before <paramref name="previous"/>, unless that was written by a clock that was wrong: one bad reading must not last.</summary>
    public static DateTimeOffset NotBefore(DateTimeOffset previous, TimeProvider time)
    {
        var now = Now(time);
        return now > previous || previous - now > Tolerance ? now : previous;
    }

    public static long ToMicroseconds(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        new(DateTimeOffset.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
