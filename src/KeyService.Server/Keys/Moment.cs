namespace KeyService.Server.Keys;

/// <summary>A point in time by both clocks of a process.</summary>
/// <param name="Timestamp">Of the time provider: counts on while the process is stopped or the machine suspended, and never jumps.</param>
/// <param name="Utc">The calendar's clock, which may be set.</param>
internal readonly record struct Moment(long Timestamp, DateTimeOffset Utc)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());
}
