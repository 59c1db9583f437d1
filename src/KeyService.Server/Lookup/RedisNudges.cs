using KeyService.Server.Observability;
using KeyService.Server.Replication;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>Nudges by Redis' publish and subscribe, on the channel <c>ks:nudge</c>. Without Redis the feed alone tells of changes.</summary>
internal sealed class RedisNudges(RedisConnection connection) : INudgeChannel
{
    public static readonly RedisChannel Channel = RedisChannel.Literal("ks:nudge");

    public void Send(byte[] nudge)
    {
        try
        {
            connection.Subscriber?.Publish(Channel, nudge, CommandFlags.FireAndForget);
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException)
        {
            // Lost: the feed tells of the change within its interval.
        }
    }
}

/// <summary>Hands what comes on the channel to <see cref="Nudges"/>; the library subscribes again by itself after a lost connection.</summary>
internal sealed class RedisNudgeListener(RedisConnection connection, Nudges nudges, LookupOptions options, Metrics metrics, TimeProvider time, ILogger<RedisNudgeListener> log)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LastingFailure _unheard = new(new("invalidation_channel", Log.NudgesNotHeard), metrics, time, log, FailureEnd.Success);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Redis is null) return;
        var subscribed = false;
        while (!subscribed && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (connection.Subscriber is { } subscriber)
                {
                    await subscriber.SubscribeAsync(RedisNudges.Channel, (_, nudge) => nudges.Receive((byte[])nudge!));
                    subscribed = true;
                    _unheard.Succeeded();
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                _unheard.Failed(RedisCause.Of(e));
            }

            catch (Exception)
            {
                // Stopped.
            }

            if (!subscribed) await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
