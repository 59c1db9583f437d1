using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;

namespace KeyService.Server.Lookup;

/// <summary>
/// Finds a key by its digest (walk of ValidateKey, step 5): memory, then tag, then Redis, then database. Callers who miss the same key
/// at the same time share one read.
/// </summary>
internal sealed class KeyLookup(
    MemoryKeyCache memory, RedisKeyCache redis, KeySource source, Belief belief, Freshness freshness, LookupOptions options, TimeProvider time, Metrics metrics)
{
    /// <summary>After which a read that many share is given up: it must not hold all who come after.</summary>
    private static readonly TimeSpan SharedBound = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<KeyDigest, SharedRead> _reads = new();

    /// <summary>Completes at once on a memory hit and for an API key that this service never made. That it fails is not thrown.</summary>
    /// <param name="apiKey">The API key's text in ASCII, well-formed.</param>
    /// <param name="digest">Its digest under <paramref name="masterKey"/>.</param>
    /// <param name="masterKey">The master key that the text names.</param>
    /// <param name="budget">What the call may still wait, at least <c>KeyService:ValidateBudget</c> from its arrival.</param>
    /// <param name="cancellation">The caller went away.</param>
    public ValueTask<Finding> FindAsync(
        ReadOnlySpan<byte> apiKey, in KeyDigest digest, MasterKey masterKey, in CallBudget budget, CancellationToken cancellation) =>
        TryFindAtOnce(apiKey, digest, masterKey, budget.Arrival, out var key) ? new(new Finding(key)) : new(FindElsewhereAsync(digest, budget, cancellation));

    /// <summary>Memory and tag alone: true when one of them knows the answer.</summary>
    public bool TryFindAtOnce(ReadOnlySpan<byte> apiKey, in KeyDigest digest, MasterKey masterKey, in Moment now, out CachedKey? key)
    {
        if (TryFindInMemory(digest, now, out key)) return true;
        if (ApiKeyText.HasValidTag(apiKey, masterKey)) return false;
        metrics.LookedUp(LookupSource.Tag);
        return true;
    }

    /// <summary>Memory alone: a key that it has and that may answer a call that arrived at this moment.</summary>
    public bool TryFindInMemory(in KeyDigest digest, in Moment now, [NotNullWhen(true)] out CachedKey? key)
    {
        if (!memory.TryGet(digest, out key) || !IsBelieved(key, now))
        {
            key = null;
            return false;
        }

        metrics.LookedUp(LookupSource.Memory);
        return true;
    }

    /// <summary>Whether a key that was found before, and kept by whoever asks, may answer a call that arrived at this moment.</summary>
    public bool MayAnswerAgain(CachedKey key, in Moment now)
    {
        if (!IsBelieved(key, now)) return false;
        // In use here, though no search finds it meanwhile: it stays in memory for who comes on another connection.
        key.Place.Touch();
        metrics.LookedUp(LookupSource.Memory);
        return true;
    }

    /// <inheritdoc cref="Belief.HasLease"/>
    public bool HasLease(in Moment now) => belief.HasLease(now);

    /// <summary>Returns when every answer from here on is at least as fresh as the token.</summary>
    /// <exception cref="RefusedException">The token was never given out.</exception>
    /// <exception cref="StoreUnavailableException">The database is needed and did not answer in time.</exception>
    public async Task EnsureFreshAsync(string consistencyToken, CallBudget budget, CancellationToken cancellation)
    {
        try
        {
            await freshness.EnsureAsync(consistencyToken).WaitAsync(Left(budget), time, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException(e);
        }
    }

    private async Task<Finding> FindElsewhereAsync(KeyDigest digest, CallBudget budget, CancellationToken cancellation)
    {
        // A read of somebody else's was sent before this call arrived: its answer is a kept one, and a "no" is never kept.
        if (_reads.TryGetValue(digest, out var shared) && time.GetElapsedTime(shared.Sent) < SharedBound
            && await JoinAsync(shared.Answer, budget, cancellation) is { } joined && (IsBelieved(joined, Moment.Now(time)) || !Rules.BelieveJoined))
        {
            return new(joined);
        }

        var read = StartRead(digest, budget);
        // Bounded by itself, so a hit in Redis is spared a timer: that made it 0.75 of a bare GET instead of 0.70.
        await read.FirstStep;
        if (!read.Answer.IsCompleted) await ((Task)read.Answer.WaitAsync(Left(budget), time, cancellation)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (read.Answer.IsCompleted) return await read.Answer;
        cancellation.ThrowIfCancellationRequested();
        return Finding.Failed(new StoreUnavailableException(failure: nameof(TimeoutException)));
    }

    /// <summary>Null when it fails or takes too long: half of what is left is kept for a read of one's own.</summary>
    private async Task<CachedKey?> JoinAsync(Task<Finding> shared, CallBudget budget, CancellationToken cancellation)
    {
        var wait = Left(budget) / 2;
        try
        {
            var found = await shared.WaitAsync(wait < SharedBound ? wait : SharedBound, time, cancellation);
            return found.Failure is null ? found.Key : null;
        }
        catch (Exception e) when (e is TimeoutException or StoreUnavailableException)
        {
            return null;
        }
    }

    /// <summary>A read that is sent now is always an answer for who started it. It outlives its caller, so that it fills the cache.</summary>
    private SharedRead StartRead(KeyDigest digest, in CallBudget budget)
    {
        var shared = new SharedRead(time.GetTimestamp(), redis.GetAsync(digest));
        shared.Answer = ReadAsync(digest, shared, budget);
        if (shared.Answer.IsCompleted) return shared;

        // In the place of one that is given up; of two that are sent at once either may be there.
        _reads[digest] = shared;
        // It may have ended before it was there to be forgotten.
        if (shared.Answer.IsCompleted) _reads.TryRemove(KeyValuePair.Create(digest, shared));
        return shared;
    }

    private async Task<Finding> ReadAsync(KeyDigest digest, SharedRead shared, CallBudget budget)
    {
        try
        {
            var (cached, rejected) = await shared.FirstStep;
            if (cached is not null && IsBelieved(cached, Moment.Now(time)))
            {
                metrics.LookedUp(LookupSource.Redis);
                // Another replica has seen this revision, and this one is about to: it never goes back in time for a key.
                cached.Mark.Reader?.Floors.Raise(cached.KeyId, cached.Revision);
                memory.Put(digest, cached);
                return new(cached);
            }

            var found = await source.ReadAsync(digest, Left(budget), CancellationToken.None);
            if (found.Failure is not null || found.Key is not { } key) return found;

            memory.Put(digest, key);
            // Nobody waits for Redis to take it.
            _ = redis.PutAsync(digest, key, rejected);
            return found;
        }
        finally
        {
            _reads.TryRemove(KeyValuePair.Create(digest, shared));
        }
    }

    private bool IsBelieved(CachedKey key, in Moment now)
    {
        var doubt = belief.Doubts(key.Answer.KeyId, key.Revision, key.Mark, ref key.BelievedAt, now);
        if (doubt == Disbelief.None) return true;
        metrics.NotBelieved((int)doubt);
        return false;
    }

    private TimeSpan Left(in CallBudget budget) => budget.Left(options.ValidateBudget, time);

    /// <summary>A read that is under way.</summary>
    private sealed class SharedRead(long sent, Task<(CachedKey? Key, byte[]? Rejected)> firstStep)
    {
        public long Sent => sent;

        /// <summary>Redis. Never fails.</summary>
        public Task<(CachedKey? Key, byte[]? Rejected)> FirstStep => firstStep;

        public Task<Finding> Answer { get; set; } = null!;
    }
}
