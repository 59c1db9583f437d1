using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using KeyService.Server.Keys;

namespace KeyService.Server.Lookup;

/// <summary>
/// The keys that this process has looked up, by digest (walk of ValidateKey, step 6). Bounded; says nothing about whether an
/// entry may still answer: that is <see cref="Replication.Belief"/>.
/// </summary>
/// <remarks>
/// A hash table whose chains go through the entries themselves, and a clock: who is found is marked, and a full cache gives up the first entry
/// on its round that was not found since the last. A look-up takes no lock and, for a hit, touches the bucket and the entry. Entries are
/// put there after a read of Redis or the database, so one lock for all who write costs nothing beside it. A library's LRU has two nodes
/// more for each key, each with the digest in it, and a look-up touches them too.
/// </remarks>
internal sealed class MemoryKeyCache
{
    /// <summary>Who is found before the hand comes round again keeps its place, but nobody waits for the hand to go all the way round.</summary>
    private const int LongestSearch = 1_000;

    private readonly CachedKey?[] _buckets;
    private readonly CachedKey?[] _clock;
    private readonly Lock _writing = new();
    private int _hand;
    private int _count;

    public MemoryKeyCache(LookupOptions options)
    {
        _buckets = new CachedKey?[BucketCount(options.CacheCapacity)];
        _clock = new CachedKey?[options.CacheCapacity];
    }

    /// <summary>References in the tables of a cache, whether it is full or empty.</summary>
    public static long TableLength(int capacity) => BucketCount(capacity) + (long)capacity;

    public int Count => Volatile.Read(ref _count);

    public bool TryGet(in KeyDigest digest, [NotNullWhen(true)] out CachedKey? key)
    {
        for (key = Volatile.Read(ref BucketOf(digest)); key is not null; key = Volatile.Read(ref key.Place.Next))
        {
            if (key.Place.Digest != digest) continue;
            key.Place.Touch();
            return true;
        }

        return false;
    }

    /// <summary>Keeps the entry unless a later revision is there already, of the same database. An entry is of one cache, and put there once.</summary>
    public void Put(in KeyDigest digest, CachedKey key)
    {
        lock (_writing)
        {
            key.Place.Digest = digest;
            ref var link = ref BucketOf(digest);
            while (link is not null && link.Place.Digest != digest) link = ref link.Place.Next;
            if (link is { } present)
            {
                // A database that went back in time has earlier revisions, and what was read before that is not believed any more.
                if (present.Revision > key.Revision && ReferenceEquals(present.Mark.Reader, key.Mark.Reader)) return;
                // In the very place of the other: a look-up meanwhile finds one of them.
                key.Place.Slot = present.Place.Slot;
                key.Place.Next = present.Place.Next;
            }
            else
            {
                key.Place.Slot = FreeSlot();
                // What gave way may have been of this chain.
                link = ref BucketOf(digest);
                key.Place.Next = link;
            }

            Volatile.Write(ref link, key);
            _clock[key.Place.Slot] = key;
        }
    }

    private static uint BucketCount(int capacity) => BitOperations.RoundUpToPowerOf2((uint)capacity);

    private ref CachedKey? BucketOf(in KeyDigest digest) => ref _buckets[digest.GetHashCode() & (_buckets.Length - 1)];

    private int FreeSlot()
    {
        if (_count < _clock.Length)
        {
            Volatile.Write(ref _count, _count + 1);
            return _count - 1;
        }

        for (var i = 0; i < LongestSearch && _clock[_hand]!.Place.TakeTouch(); i++) Advance();
        var (slot, old) = (_hand, _clock[_hand]!);
        Unlink(old, ref BucketOf(old.Place.Digest));
        Advance();
        return slot;
    }

    private void Advance() => _hand = _hand + 1 < _clock.Length ? _hand + 1 : 0;

    /// <summary>Its own link stays: a look-up that stands on it goes on to the rest of the chain.</summary>
    private static void Unlink(CachedKey key, ref CachedKey? bucket)
    {
        ref var link = ref bucket;
        while (link != key) link = ref link!.Place.Next;
        Volatile.Write(ref link, key.Place.Next);
    }
}

/// <summary>An entry's place in the cache.</summary>
internal struct CachePlace
{
    public KeyDigest Digest;

    /// <summary>The next of its chain.</summary>
    public CachedKey? Next;

    /// <summary>On the clock.</summary>
    public int Slot;

    private bool _touched;

    /// <summary>It was found. Written only when that is news: the line stays in every core's cache.</summary>
    public void Touch()
    {
        if (!_touched) _touched = true;
    }

    /// <summary>Whether it was found since it was asked last.</summary>
    public bool TakeTouch()
    {
        var touched = _touched;
        _touched = false;
        return touched;
    }
}
