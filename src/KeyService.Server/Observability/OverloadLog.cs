namespace KeyService.Server.Observability;

/// <summary>One line when calls begin to be refused for want of a place: the metrics count them.</summary>
internal sealed class OverloadLog(TimeProvider time, ILogger<OverloadLog> log)
{
    /// <summary>After so long without a refusal the next one is a new beginning.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    /// <summary>The last refusal of each class and cause; 0: never.</summary>
    private readonly long[] _last = new long[2 * Enum.GetValues<RefusalCause>().Length];

    public void Add(bool validation, RefusalCause cause)
    {
        var now = time.GetTimestamp();
        var last = Interlocked.Exchange(ref _last[((int)cause * 2) + (validation ? 0 : 1)], now);
        if (last != 0 && time.GetElapsedTime(last, now) <= Quiet) return;
        var kind = validation ? "validations" : "management calls";
        if (cause == RefusalCause.CallerShare) Log.CallerShareTaken(log, kind);
        else if (cause == RefusalCause.Credential) Log.TooManyCredentials(log, kind);
        else Log.Overloaded(log, kind);
    }
}
