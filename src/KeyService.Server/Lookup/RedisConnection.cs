using KeyService.Server.Observability;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>
/// Connects to Redis beside the start, so that a Redis that is away delays nothing; the library reconnects by itself. A ping a second finds out whether Redis
/// answers, and why not.
/// </summary>
internal sealed class RedisConnection(LookupOptions options, Metrics metrics, TimeProvider time, ILogger<RedisConnection> log) : BackgroundService
{
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingBound = TimeSpan.FromSeconds(2);

    /// <summary>Between two logins that are made to find out why none is accepted.</summary>
    private static readonly TimeSpan DiagnosisInterval = TimeSpan.FromSeconds(10);

    private readonly LastingFailure _away = new(new("redis", Log.RedisLost, Log.RedisConnected), metrics, time, log);
    private volatile IConnectionMultiplexer? _connection;
    private string? _refusal;
    private long? _diagnosedAt;

    /// <summary>Null while there is no connection.</summary>
    public IDatabase? Database => _connection is { IsConnected: true } connection ? connection.GetDatabase() : null;

    /// <summary>For nudges; null before the first connection was made.</summary>
    public ISubscriber? Subscriber => _connection?.GetSubscriber();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Redis is null) return;

        // Yields before the first attempt: the host starts the next service only after that.
        await Task.Yield();
        var settings = RedisSettings.Parse(options.Redis);
        var isFirst = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            var cause = await PingAsync(settings);
            if (stoppingToken.IsCancellationRequested) return;
            if (cause is not null) _away.Failed(cause);
            else _away.Succeeded();
            if (isFirst && cause is null) Log.RedisConnected(log);
            isFirst = false;
            await Task.Delay(PingInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Why Redis does not answer; null when it does.</summary>
    private async Task<string?> PingAsync(ConfigurationOptions settings)
    {
        try
        {
            var connection = _connection ??= await ConnectionMultiplexer.ConnectAsync(settings);
            await connection.GetDatabase().PingAsync().WaitAsync(PingBound);
            _diagnosedAt = null;
            return null;
        }
        // Every exception: one that leaves a background service stops the process, and Redis may be away.
        catch (Exception e)
        {
            if (_connection is { IsConnected: true }) return RedisCause.Of(e);
            if (_diagnosedAt is not { } then || time.GetElapsedTime(then) >= DiagnosisInterval)
            {
                _refusal = await RefusalAsync(async () => await (await ConnectionMultiplexer.ConnectAsync(OnceOf(settings))).DisposeAsync());
                _diagnosedAt = time.GetTimestamp();
            }

            return _refusal ?? RedisCause.OfConnecting(e, settings.Ssl);
        }
    }

    /// <summary>Why Redis refuses a login: the library does not say it of a connection that it makes again.</summary>
    /// <param name="connect">Makes a connection and closes it.</param>
    /// <returns>Null when it does not refuse it, or when that cannot be found out. Never throws.</returns>
    internal static async Task<string?> RefusalAsync(Func<Task> connect)
    {
        try
        {
            await connect();
            return null;
        }
        catch (Exception e)
        {
            return e is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } ? RedisCause.Of(e) : null;
        }
    }

    private static ConfigurationOptions OnceOf(ConfigurationOptions settings)
    {
        var once = settings.Clone();
        (once.AbortOnConnectFail, once.ConnectRetry) = (true, 1);
        return once;
    }

    public override void Dispose()
    {
        _connection?.Dispose();
        base.Dispose();
    }
}
