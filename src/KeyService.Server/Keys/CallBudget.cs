namespace KeyService.Server.Keys;

/// <summary>How long a call may wait, all its look-ups together.</summary>
/// <param name="Started">When the call arrived: a time stamp of the time provider.</param>
/// <param name="Deadline">The caller's own, UTC; <see cref="DateTime.MaxValue"/> when there is none.</param>
/// <param name="Arrived">When the call arrived, by the clock: what expiry and last used are measured by, so a call reads the clock once.</param>
internal readonly record struct CallBudget(long Started, DateTime Deadline, DateTimeOffset Arrived)
{
    /// <summary>When the call arrived, by both clocks.</summary>
    public Moment Arrival => new(Started, Arrived);

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>What is left of <paramref name="least"/> since the call arrived, or until the caller's deadline if that is longer.</summary>
    public TimeSpan Left(TimeSpan least, TimeProvider time)
    {
        var left = least - time.GetElapsedTime(Started);
        if (Deadline != DateTime.MaxValue)
        {
            var untilDeadline = Deadline - time.GetUtcNow().UtcDateTime;
            if (untilDeadline > left) left = untilDeadline < LongestWait ? untilDeadline : LongestWait;
        }

        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
