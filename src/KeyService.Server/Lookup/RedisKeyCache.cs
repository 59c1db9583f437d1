using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;

namespace KeyService.Server.Lookup;

/// <summary>Looked-up keys in Redis, asked only when memory misses (walk of ValidateKey, step 7). Sealed, written if newer, never deleted.</summary>
internal sealed class RedisKeyCache(ISharedValues values, Belief belief, MasterKeys masterKeys, Metrics metrics) : IChangedKeys
{
    /// <summary>Null is a miss, for whatever reason. What is returned is genuine; whether it may answer is for the caller to ask.</summary>
    /// <param name="rejected">Bytes that are not a value of ours, for <see cref="PutAsync"/> to replace.</param>
    public async Task<(CachedKey? Key, byte[]? Rejected)> GetAsync(KeyDigest digest)
    {
        // Before the value is asked for: it must not pass for one that the next incarnation read.
        var reader = belief.Current;
        if (await values.GetAsync(digest) is not { } value) return default;
        var key = CachedKeyFormat.Read(value, digest, reader, masterKeys);
        if (key is null) metrics.RedisRejected();
        return key is null ? (null, value) : (key, null);
    }

    /// <summary>Best effort: nothing rests on it.</summary>
    public Task PutAsync(KeyDigest digest, CachedKey key, byte[]? rejected) =>
        key.Mark.Reader?.Epoch is { } epoch
            ? values.PutIfNewerAsync(digest, CachedKeyFormat.Write(key, digest, epoch, masterKeys.Current), rejected)
            : Task.CompletedTask;

    public void Put(ChangedKey changed)
    {
        var key = new CachedKey(changed.Record, changed.Mark);
        foreach (var digest in changed.Digests) _ = PutAsync(digest, key, rejected: null);
    }
}
