using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>The database's time, reckoned on from its last answer: a process's own calendar may be wrong by minutes, and effective times are the database's.</summary>
internal sealed class DatabaseClock(TimeProvider time)
{
    private readonly Lock _lock = new();
    private (DateTimeOffset Told, Moment Sent)? _last;

    /// <summary>The database told its time, in answer to what was sent at this moment.</summary>
    public void Told(DateTimeOffset databaseTime, in Moment sent)
    {
        lock (_lock)
        {
            if (_last is not { } last || sent.Timestamp > last.Sent.Timestamp) _last = (databaseTime, sent);
        }
    }

    /// <summary>Not before the database's, by the way of its last answer at most after it. Before any answer: this process's own.</summary>
    public DateTimeOffset Now()
    {
        var now = Moment.Now(time);
        lock (_lock) return _last is { } last ? last.Told + time.GetElapsedTime(last.Sent.Timestamp, now.Timestamp) : now.Utc;
    }
}
