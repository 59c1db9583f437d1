using System.Buffers.Text;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>Values in Redis under <c>ks:key:</c> and the digest in base64url. Each call is bounded, behind a breaker; every failure is a miss.</summary>
internal sealed class RedisValues(RedisConnection connection, RedisBreaker breaker, LookupOptions options, Metrics metrics) : ISharedValues
{
    /// <summary>The library checks its own time-outs once a second.</summary>
    private static readonly TimeSpan LongestBound = TimeSpan.FromMilliseconds(50);

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

    private readonly TimeSpan _bound = options.ValidateBudget < LongestBound ? options.ValidateBudget : LongestBound;

    private static ReadOnlySpan<byte> Prefix => "ks:key:"u8;

    public async Task<byte[]?> GetAsync(KeyDigest digest)
    {
        if (connection.Database is not { } redis || breaker.Begin() is var pass && pass == RedisBreaker.Pass.None) return null;
        byte[]? value = null;
        var answered = false;
        Exception? failure = null;
        try
        {
            value = await redis.StringGetAsync(KeyOf(digest)).WaitAsync(_bound);
            answered = true;
        }
        catch (Exception e) when (IsMiss(e))
        {
            failure = e;
            metrics.RedisFailed();
        }
        finally
        {
            breaker.End(pass, answered, failure);
        }

        return value;
    }

    public async Task PutIfNewerAsync(KeyDigest digest, byte[] value, byte[]? rejected)
    {
        if (connection.Database is not { } redis || breaker.Begin() is var pass && pass == RedisBreaker.Pass.None) return;
        var answered = false;
        Exception? failure = null;
        try
        {
            RedisValue[] arguments =
                [value, CachedKeyFormat.RevisionOf(value), "PX", (long)options.RedisTtl.TotalMilliseconds, rejected ?? RedisValue.EmptyString];
            await redis.ScriptEvaluateAsync(SetIfNewer, [KeyOf(digest)], arguments).WaitAsync(_bound);
            answered = true;
        }
        catch (Exception e) when (IsMiss(e))
        {
            failure = e;
            metrics.RedisFailed();
        }
        finally
        {
            breaker.End(pass, answered, failure);
        }
    }

    private static RedisKey KeyOf(in KeyDigest digest)
    {
        var key = new byte[Prefix.Length + Base64Url.GetEncodedLength(KeyDigest.Size)];
        Span<byte> bytes = stackalloc byte[KeyDigest.Size];
        digest.CopyTo(bytes);
        Prefix.CopyTo(key);
        Base64Url.EncodeToUtf8(bytes, key.AsSpan(Prefix.Length));
        return key;
    }

    private static bool IsMiss(Exception e) =>
        e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or OperationCanceledException;
}
