using BitFaster.Caching.Lru;
using KeyService.Server.Keys;

namespace KeyService.Server.Lookup;

/// <summary>
/// The keys that this process has looked up, by digest (walk of ValidateKey, step 6). Bounded; says nothing about whether an
/// entry may still answer: that is <see cref="Replication.Belief"/>.
/// </summary>
internal sealed class MemoryKeyCache(LookupOptions options)
{
    // Fast: without counters of its own, which nobody reads.
    private readonly FastConcurrentLru<KeyDigest, CachedKey> _entries = new(
        Environment.ProcessorCount, options.CacheCapacity, EqualityComparer<KeyDigest>.Default);

    public int Count => _entries.Count;

    public bool TryGet(in KeyDigest digest, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CachedKey? key) =>
        _entries.TryGet(digest, out key);

    /// <summary>Keeps the entry unless a later revision is there already.</summary>
    public void Put(in KeyDigest digest, CachedKey key)
    {
        // A race between the two lines costs a read at most: an older entry is not believed.
        if (_entries.TryGet(digest, out var present) && present.Revision > key.Revision) return;
        _entries.AddOrUpdate(digest, key);
    }
}
