using System.Collections.Concurrent;

namespace KeyService.Server.Replication;

/// <summary>
/// For each key changed above the base the lowest revision that may still answer. Below the base nothing is remembered: an answer must have
/// been read when everything up to the base could be seen, or be later itself.
/// </summary>
internal sealed class Floors(int capacity = Floors.DefaultCapacity)
{
    /// <summary>About 150 bytes a floor. Pruning costs a read for each cached key, so it is rare.</summary>
    public const int DefaultCapacity = 200_000;

    /// <summary>No base yet: nothing is allowed.</summary>
    private const long None = long.MaxValue;

    private readonly ConcurrentDictionary<string, long> _floors = new(StringComparer.Ordinal);
    private readonly Lock _pruning = new();
    private long _base = None;
    private long _version;

    /// <summary>Counts what was raised, each after it took effect.</summary>
    public long Version => Volatile.Read(ref _version);

    public bool HasBase => Volatile.Read(ref _base) != None;

    public int Count => _floors.Count;

    public bool IsFull => _floors.Count > capacity;

    /// <summary>This revision is committed: nothing below it may answer.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Raise(string keyId, long revision)
    {
        if (HasBase && revision <= Volatile.Read(ref _base)) return false;
        while (true)
        {
            if (_floors.TryGetValue(keyId, out var known))
            {
                if (known >= revision)
                {
                    // Who raised it may not have counted it yet, and this caller tells of it too.
                    Interlocked.Increment(ref _version);
                    return false;
                }

                if (_floors.TryUpdate(keyId, revision, known)) break;
            }
            else if (_floors.TryAdd(keyId, revision))
            {
                break;
            }
        }

        Interlocked.Increment(ref _version);
        return true;
    }

    /// <summary>
    /// Everything at or below it has been applied: it becomes the base, and the floors at or below it go. Answers read before it stop being
    /// believed.
    /// </summary>
    public void RaiseBase(long horizon)
    {
        lock (_pruning)
        {
            if (HasBase && horizon <= _base) return;
            // The base first, then the floors: who misses a floor that is gone reads the base after it, and finds it raised.
            Volatile.Write(ref _base, horizon);
            Interlocked.Increment(ref _version);
            foreach (var floor in _floors)
            {
                if (floor.Value <= horizon) _floors.TryRemove(floor);
            }
        }
    }

    /// <inheritdoc cref="Allows(ReadOnlySpan{char}, long, long)"/>
    /// <param name="asciiKeyId">The key of an answer.</param>
    public bool Allows(ReadOnlySpan<byte> asciiKeyId, long revision, long horizon)
    {
        // Ids have at most 64 characters.
        Span<char> keyId = stackalloc char[asciiKeyId.Length];
        System.Text.Ascii.ToUtf16(asciiKeyId, keyId, out _);
        return Allows(keyId, revision, horizon);
    }

    /// <param name="keyId">The key of an answer.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="horizon">Its reader's horizon when the read was sent.</param>
    public bool Allows(ReadOnlySpan<char> keyId, long revision, long horizon)
    {
        // The floor before the base, as RaiseBase has it.
        if (Rules.Floor && _floors.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(keyId, out var floor) && revision < floor) return false;
        return Math.Max(horizon, revision) >= Volatile.Read(ref _base) || (!Rules.Base && HasBase);
    }
}
