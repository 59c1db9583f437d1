using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>
/// Looked-up keys in Redis, asked only when memory misses (walk of ValidateKey, step 7). Every failure is a miss. A value is
/// <see cref="CachedKeyFormat"/> under <c>ks:key:</c> and the digest in base64url; written if newer, never deleted.
/// </summary>
internal sealed class RedisKeyCache(
    RedisConnection connection, LookupOptions options, Belief belief, MasterKeys masterKeys, Metrics metrics, ILogger<RedisKeyCache> log)
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

    /// <summary>Null is a miss, for whatever reason. What is returned is genuine; whether it may answer is for the caller to ask.</summary>
    /// <param name="rejected">Bytes that are not a value of ours, for <see cref="PutAsync"/> to replace.</param>
    public async Task<(CachedKey? Key, byte[]? Rejected)> GetAsync(KeyDigest digest)
    {
        if (connection.Database is not { } redis) return default;
        try
        {
            var value = await _breaker.ExecuteAsync(
                async _ => (byte[]?)await redis.StringGetAsync(KeyOf(digest)).WaitAsync(Bound), CancellationToken.None);
            if (value is null) return default;
            var key = CachedKeyFormat.Read(value, digest, belief.Epoch.Span, masterKeys);
            if (key is null) metrics.RedisRejected();
            return key is null ? (null, value) : (key, null);
        }
        catch (Exception e) when (IsMiss(e))
        {
            metrics.RedisFailed();
            return default;
        }
    }

    /// <summary>Best effort: nothing rests on it.</summary>
    public async Task PutAsync(KeyDigest digest, CachedKey key, byte[]? rejected)
    {
        if (connection.Database is not { } redis) return;
        try
        {
            var value = CachedKeyFormat.Write(key, digest, belief.Epoch.Span, masterKeys.Current);
            RedisValue[] arguments =
            [
                value, CachedKeyFormat.RevisionText(key.Record.Revision), "PX", (long)options.RedisTtl.TotalMilliseconds, rejected ?? RedisValue.EmptyString,
            ];
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
        e is RedisException or TimeoutException or BrokenCircuitException or ObjectDisposedException or OperationCanceledException;
}
