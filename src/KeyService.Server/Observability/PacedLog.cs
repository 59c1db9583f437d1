namespace KeyService.Server.Observability;

/// <summary>Lets a line through at most once in an interval, with the number of occurrences since the last: what a client can cause must not fill the log.</summary>
internal sealed class PacedLog(TimeProvider time, TimeSpan interval)
{
    private readonly Lock _lock = new();
    private long? _last;
    private int _count;

    /// <summary>One more occurrence. True: write the line now.</summary>
    public bool IsDue(out int occurrences)
    {
        lock (_lock)
        {
            occurrences = ++_count;
            if (_last is { } last && time.GetElapsedTime(last) < interval) return false;
            _last = time.GetTimestamp();
            _count = 0;
            return true;
        }
    }
}
