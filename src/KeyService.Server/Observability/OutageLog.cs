namespace KeyService.Server.Observability;

/// <summary>One line a second for calls that fail for want of the database: an outage must not become a flood of logs.</summary>
internal sealed class OutageLog(TimeProvider time, ILogger<OutageLog> log)
{
    private long _next;
    private int _unsaid;

    public void Add(string rpc, string failure)
    {
        var now = time.GetTimestamp();
        var next = Volatile.Read(ref _next);
        if (now < next || Interlocked.CompareExchange(ref _next, now + time.TimestampFrequency, next) != next)
        {
            Interlocked.Increment(ref _unsaid);
            return;
        }

        Log.StoreUnavailable(log, rpc, failure, Interlocked.Exchange(ref _unsaid, 0));
    }
}
