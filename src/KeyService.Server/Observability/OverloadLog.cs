namespace KeyService.Server.Observability;

/// <summary>One line when calls begin to be refused for want of a place: the metrics count them.</summary>
internal sealed class OverloadLog(TimeProvider time, ILogger<OverloadLog> log)
{
    /// <summary>After so long without a refusal the next one is a new beginning.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private readonly Last _validation = new();
    private readonly Last _management = new();

    public void Add(bool validation)
    {
        var now = time.GetTimestamp();
        var last = Interlocked.Exchange(ref (validation ? _validation : _management).Refusal, now);
        if (last == 0 || time.GetElapsedTime(last, now) > Quiet) Log.Overloaded(log, validation ? "validations" : "management calls");
    }

    private sealed class Last
    {
        /// <summary>0: never.</summary>
        public long Refusal;
    }
}
