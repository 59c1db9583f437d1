namespace KeyService.Server.Observability;

/// <summary>Every message of the service. A log takes key ids and hints, never an API key, a digest or a header's value.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Redis is not asked for {Pause}: too many calls failed or took too long.")]
    public static partial void RedisPaused(ILogger log, TimeSpan pause);

    [LoggerMessage(2, LogLevel.Information, "Redis is asked again.")]
    public static partial void RedisBack(ILogger log);

    [LoggerMessage(3, LogLevel.Warning, "Redis is away ({Failure}); memory and the database answer.")]
    public static partial void RedisLost(ILogger log, string failure);

    [LoggerMessage(4, LogLevel.Information, "Redis is connected.")]
    public static partial void RedisConnected(ILogger log);

    [LoggerMessage(5, LogLevel.Warning, "Last-used times of {Keys} keys could not be written ({Failure}); they are kept for the next flush.")]
    public static partial void UsageFlushFailed(ILogger log, int keys, string failure);

    [LoggerMessage(6, LogLevel.Warning, "{Rpc}: the database did not answer in time ({Failure}); {Unsaid} more calls since the last line.")]
    public static partial void StoreUnavailable(ILogger log, string rpc, string failure, int unsaid);

    [LoggerMessage(7, LogLevel.Error, "{Rpc} failed.")]
    public static partial void CallFailed(ILogger log, Exception exception, string rpc);

    [LoggerMessage(8, LogLevel.Warning, "Clean-up beyond retention failed ({Failure}); it is tried again.")]
    public static partial void CleanUpFailed(ILogger log, string failure);

    [LoggerMessage(9, LogLevel.Information, "Removed {Requests} idempotency records and {Events} audit events beyond their retention.")]
    public static partial void CleanedUp(ILogger log, long requests, long events);

    [LoggerMessage(10, LogLevel.Critical, "Another process serves this store now: this one stops.")]
    public static partial void StoreLockLost(ILogger log);

    [LoggerMessage(11, LogLevel.Warning, "The database does not answer ({Failure}): not ready.")]
    public static partial void NotReady(ILogger log, string failure);

    [LoggerMessage(12, LogLevel.Information, "The database answers again: ready.")]
    public static partial void Ready(ILogger log);
}
