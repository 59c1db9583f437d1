using KeyService.Server.Observability;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>Connects to Redis beside the start, so that a Redis that is away delays nothing; the library reconnects by itself.</summary>
internal sealed class RedisConnection(LookupOptions options, ILogger<RedisConnection> log) : BackgroundService
{
    private volatile IConnectionMultiplexer? _connection;

    /// <summary>Null while there is no connection.</summary>
    public IDatabase? Database => _connection is { IsConnected: true } connection ? connection.GetDatabase() : null;

    /// <summary>For nudges; null before the first connection was made.</summary>
    public ISubscriber? Subscriber => _connection?.GetSubscriber();

    /// <summary>A connection string that cannot be read is a wrong setting, not an outage.</summary>
    public static bool CanParse(string connectionString)
    {
        try
        {
            return Parse(connectionString).EndPoints.Count > 0;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return false;
        }
    }

    private static ConfigurationOptions Parse(string connectionString)
    {
        var redis = ConfigurationOptions.Parse(connectionString);
        redis.AbortOnConnectFail = false;
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.ConnectTimeout = 2_000;
        redis.AsyncTimeout = 1_000;
        redis.HeartbeatInterval = TimeSpan.FromSeconds(1);
        redis.ReconnectRetryPolicy = new LinearRetry(500);
        redis.ClientName = "keyservice";
        return redis;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Redis is null) return;

        // Yields before the first attempt: the host starts the next service only after that.
        await Task.Yield();
        var connection = await ConnectionMultiplexer.ConnectAsync(Parse(options.Redis));
        connection.ConnectionFailed += (_, failure) => Log.RedisLost(log, failure.FailureType.ToString());
        connection.ConnectionRestored += (_, _) => Log.RedisConnected(log);
        if (connection.IsConnected) Log.RedisConnected(log);
        else Log.RedisLost(log, "not reachable at start");
        _connection = connection;
    }

    public override void Dispose()
    {
        _connection?.Dispose();
        base.Dispose();
    }
}
