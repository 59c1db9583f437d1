using System.Collections.Concurrent;
using KeyService.Server.Keys;

namespace KeyService.Server.Usage;

/// <summary>
/// Remembers when each key was last used (walk of ValidateKey, step 9). Never waits and never writes: that is <see cref="UsageFlusher"/>'s.
/// </summary>
internal sealed class UsageRecorder(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Use> _uses = new(StringComparer.Ordinal);

    /// <summary>Keys used since the last flush, and those that were used in the flush before.</summary>
    public int Count => _uses.Count;

    public void Record(string keyId) => Record(keyId, time.GetUtcNow().UtcTicks);

    /// <summary>A later time for the same key stays.</summary>
    public void Record(string keyId, long utcTicks) => Find(keyId, utcTicks);

    /// <summary>The same without a search, twice a call on the hot path: 20 ns instead of 50.</summary>
    /// <param name="key">The key.</param>
    /// <param name="utcTicks">When it was used.</param>
    /// <param name="kept">Kept by the caller from one use to the next; null at first.</param>
    public void Record(KeyRecord key, long utcTicks, ref object? kept)
    {
        if (kept is Use use && use.TryRaise(utcTicks)) return;
        kept = Find(key.KeyId, utcTicks);
    }

    /// <summary>Takes what was recorded since the last call: key id and time in UTC ticks. Keys not used since then are forgotten.</summary>
    public List<(string KeyId, long UtcTicks)> Take()
    {
        var taken = new List<(string, long)>();
        foreach (var pair in _uses)
        {
            var ticks = pair.Value.Take();
            if (ticks == 0)
            {
                ticks = pair.Value.Retire();
                _uses.TryRemove(pair);
            }

            if (ticks != 0) taken.Add((pair.Key, ticks));
        }

        return taken;
    }

    private Use Find(string keyId, long utcTicks)
    {
        while (true)
        {
            var use = _uses.TryGetValue(keyId, out var known) ? known : _uses.GetOrAdd(keyId, static _ => new Use());
            if (use.TryRaise(utcTicks)) return use;
        }
    }

    /// <summary>
    /// One key's time. The recorder writes the time, then looks whether the mark was retired; the flusher retires it, then looks at the
    /// time. With a full fence between the two steps on both sides one of them sees the other, so no use is lost.
    /// </summary>
    private sealed class Use
    {
        private long _ticks;
        private int _retired;

        public bool TryRaise(long ticks)
        {
            var present = Volatile.Read(ref _ticks);
            while (present < ticks)
            {
                var found = Interlocked.CompareExchange(ref _ticks, ticks, present);
                if (found == present) break;
                present = found;
            }

            return Volatile.Read(ref _retired) == 0;
        }

        public long Take() => Interlocked.Exchange(ref _ticks, 0);

        public long Retire()
        {
            Interlocked.Exchange(ref _retired, 1);
            return Take();
        }
    }
}
