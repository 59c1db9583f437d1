using System.Collections.Concurrent;
using KeyService.Server.Observability;

namespace KeyService.Server.Grpc;

/// <summary>
/// A fixed number of permits, divided among the callers that want them: a caller gets another permit while it has fewer than are free. One caller alone gets
/// half of them, and k callers that take all they can leave total/(k+1) to others. Takes no lock: the awaited body of a ValidateKey takes a permit, too.
/// </summary>
internal sealed class FairPermits(int total)
{
    /// <summary>Callers that are kept though they have no permit, so that a caller's next call finds its entry.</summary>
    private const int MaxIdle = 1_000;

    private readonly ConcurrentDictionary<string, Share> _shares = new(StringComparer.Ordinal);
    private int _used;
    private int _sweepAt = MaxIdle;

    /// <summary>Entries that are kept for callers.</summary>
    public int Callers => _shares.Count;

    /// <summary>Permits that are taken.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>The caller's share, which <see cref="Release"/> takes back; null when there is no permit for this caller now.</summary>
    public Share? TryTake(string caller, out RefusalCause cause)
    {
        cause = RefusalCause.Full;
        var used = Interlocked.Increment(ref _used);
        if (used > total)
        {
            Interlocked.Decrement(ref _used);
            return null;
        }

        var share = Enter(caller, out var held);
        // Both numbers include this permit: held - 1 < total - (used - 1).
        if (held <= total - used + 1) return share;
        cause = RefusalCause.CallerShare;
        Release(share);
        return null;
    }

    public void Release(Share share)
    {
        Interlocked.Decrement(ref share.Held);
        Interlocked.Decrement(ref _used);
    }

    private Share Enter(string caller, out int held)
    {
        while (true)
        {
            if (!_shares.TryGetValue(caller, out var share))
            {
                Sweep();
                share = _shares.GetOrAdd(caller, static _ => new());
            }

            held = Interlocked.Increment(ref share.Held);
            // Negative: it was removed since it was found.
            if (held > 0) return share;
        }
    }

    private void Sweep()
    {
        if (_shares.Count < Volatile.Read(ref _sweepAt)) return;
        foreach (var (caller, share) in _shares)
        {
            if (Interlocked.CompareExchange(ref share.Held, Share.Removed, 0) == 0) _shares.TryRemove(KeyValuePair.Create(caller, share));
        }

        Volatile.Write(ref _sweepAt, _shares.Count + MaxIdle);
    }

    /// <summary>The permits of one caller.</summary>
    internal sealed class Share
    {
        public const int Removed = int.MinValue;

        public int Held;
    }
}
