using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Lookup;

/// <summary>
/// Finds a key by its digest (walk of ValidateKey, step 5): memory, then tag, then Redis, then database. Callers who miss the same key
/// at the same time share one read.
/// </summary>
internal sealed class KeyLookup(
    MemoryKeyCache memory, RedisKeyCache redis, KeySource source, Belief belief, LookupOptions options, TimeProvider time, Metrics metrics)
{
    private readonly ConcurrentDictionary<KeyDigest, Task<CachedKey?>> _reads = new();

    /// <summary>Completes at once on a memory hit and for an API key that this service never made. Null: there is no such key.</summary>
    /// <param name="apiKey">The API key's text in ASCII, well-formed.</param>
    /// <param name="digest">Its digest under <paramref name="masterKey"/>.</param>
    /// <param name="masterKey">The master key that the text names.</param>
    /// <param name="budget">What the call may still wait, at least <c>KeyService:ValidateBudget</c> from its arrival.</param>
    /// <param name="cancellation">The caller went away.</param>
    /// <exception cref="StoreUnavailableException">The database is needed and did not answer in time.</exception>
    public ValueTask<CachedKey?> FindAsync(
        ReadOnlySpan<byte> apiKey, in KeyDigest digest, MasterKey masterKey, in CallBudget budget, CancellationToken cancellation)
    {
        return TryFindAtOnce(apiKey, digest, masterKey, out var key) ? new(key) : new(FindElsewhereAsync(digest, budget, cancellation));
    }

    /// <summary>Memory and tag alone: true when one of them knows the answer.</summary>
    public bool TryFindAtOnce(ReadOnlySpan<byte> apiKey, in KeyDigest digest, MasterKey masterKey, out CachedKey? key)
    {
        if (TryFindInMemory(digest, out key)) return true;
        if (ApiKeyText.HasValidTag(apiKey, masterKey)) return false;
        metrics.LookedUp(LookupSource.Tag);
        return true;
    }

    /// <summary>Memory alone: a key that it has and that may answer at this moment.</summary>
    public bool TryFindInMemory(in KeyDigest digest, [NotNullWhen(true)] out CachedKey? key)
    {
        if (!memory.TryGet(digest, out key) || !IsBelieved(key))
        {
            key = null;
            return false;
        }

        metrics.LookedUp(LookupSource.Memory);
        return true;
    }

    private async Task<CachedKey?> FindElsewhereAsync(KeyDigest digest, CallBudget budget, CancellationToken cancellation)
    {
        try
        {
            // A read of somebody else's was sent before this call arrived: its answer is a cached one, and a "no" is never cached.
            if (_reads.TryGetValue(digest, out var shared)
                && await shared.WaitAsync(Left(budget), time, cancellation) is { } joined && IsBelieved(joined))
            {
                return joined;
            }

            return await StartRead(digest).WaitAsync(Left(budget), time, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException(e);
        }
    }

    /// <summary>A read that is sent now is always an answer for who started it. It outlives its caller, so that it fills the cache.</summary>
    private Task<CachedKey?> StartRead(KeyDigest digest)
    {
        var read = Task.Run(() => ReadAsync(digest));
        if (_reads.TryAdd(digest, read))
        {
            _ = read.ContinueWith(
                done =>
                {
                    _reads.TryRemove(KeyValuePair.Create(digest, done));
                    // Observed: who still waits gets it, who left does not miss it.
                    _ = done.Exception;
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return read;
    }

    private async Task<CachedKey?> ReadAsync(KeyDigest digest)
    {
        var (cached, rejected) = await redis.GetAsync(digest);
        if (cached is not null && IsBelieved(cached))
        {
            metrics.LookedUp(LookupSource.Redis);
            memory.Put(digest, cached);
            return cached;
        }

        if (await source.ReadAsync(digest, CancellationToken.None) is not { } key) return null;

        memory.Put(digest, key);
        // Nobody waits for Redis to take it.
        _ = redis.PutAsync(digest, key, rejected);
        return key;
    }

    private bool IsBelieved(CachedKey key) => belief.Holds(key.KeyId, key.Revision, key.Era, ref key.BelievedAt);

    private TimeSpan Left(in CallBudget budget) => budget.Left(options.ValidateBudget, time);
}
