using KeyService.Server.Keys;
using KeyService.Server.Observability;
using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>Values in Redis under <c>ks:key:</c> and the digest in base64url. Each call is bounded, behind a breaker; every failure is a miss.</summary>
internal sealed class RedisValues(RedisConnection connection, LookupOptions options, Metrics metrics, ILogger<RedisValues> log) : ISharedValues
{
    /// <summary>The library checks its own time-outs once a second.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Revisions are text of a fixed width, so they compare as text. A value of another epoch or version is replaced, and one
    /// that failed its check is replaced if it is still the same bytes (ARGV[5]), whatever revision it claims.
    /// </summary>
    private const string SetIfNewer = """
        local present = redis.call('GET', KEYS[1])
        if present and present ~= ARGV[5]
           and string.sub(present, 1, 17) == string.sub(ARGV[1], 1, 17)
           and string.sub(present, 18, 33) > ARGV[2] then
            return 0
        end
        redis.call('SET', KEYS[1], ARGV[1], ARGV[3], ARGV[4])
        return 1
        """;

    private readonly ResiliencePipeline _breaker = new ResiliencePipelineBuilder()
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.5,
            MinimumThroughput = 4,
            SamplingDuration = TimeSpan.FromSeconds(1),
            BreakDuration = Pause,
            OnOpened = _ =>
            {
                metrics.RedisBreaker(open: true);
                Log.RedisPaused(log, Pause);
                return default;
            },
            OnClosed = _ =>
            {
                metrics.RedisBreaker(open: false);
                Log.RedisBack(log);
                return default;
            },
        })
        .Build();

    public async Task<byte[]?> GetAsync(KeyDigest digest)
    {
        try
        {
            if (connection.Database is not { } redis) return null;
            return await _breaker.ExecuteAsync(
                async _ => (byte[]?)await redis.StringGetAsync(KeyOf(digest)).WaitAsync(Bound), CancellationToken.None);
        }
        catch (Exception e) when (IsMiss(e))
        {
            metrics.RedisFailed();
            return null;
        }
    }

    public async Task PutIfNewerAsync(KeyDigest digest, byte[] value, byte[]? rejected)
    {
        try
        {
            if (connection.Database is not { } redis) return;
            RedisValue[] arguments =
                [value, CachedKeyFormat.RevisionOf(value), "PX", (long)options.RedisTtl.TotalMilliseconds, rejected ?? RedisValue.EmptyString];
            await _breaker.ExecuteAsync(
                async _ => await redis.ScriptEvaluateAsync(SetIfNewer, [KeyOf(digest)], arguments).WaitAsync(Bound), CancellationToken.None);
        }
        catch (Exception e) when (IsMiss(e))
        {
            metrics.RedisFailed();
        }
    }

    private static RedisKey KeyOf(in KeyDigest digest) =>
        "ks:key:" + System.Buffers.Text.Base64Url.EncodeToString(digest.ToArray());

    private static bool IsMiss(Exception e) =>
        e is RedisException or RedisCommandException or TimeoutException or BrokenCircuitException or ObjectDisposedException or OperationCanceledException;
}
