using System.Collections.Concurrent;

namespace KeyService.Server.Replication;

/// <summary>For each changed key the lowest revision that may still answer.</summary>
internal sealed class Floors(int capacity = Floors.DefaultCapacity)
{
    /// <summary>About 150 bytes a floor. Pruning costs a read for each cached key, so it is rare.</summary>
    public const int DefaultCapacity = 200_000;

    private const long InDoubt = long.MaxValue;

    private readonly ConcurrentDictionary<string, long> _floors = new(StringComparer.Ordinal);
    private readonly Lock _pruning = new();
    private long _era;

    /// <summary>Stamped on an entry when its read is sent. Entries of an earlier era are not believed.</summary>
    public long Era => Volatile.Read(ref _era);

    /// <summary>The commit of this revision was acknowledged: nothing below it may answer.</summary>
    public void Committed(string keyId, long revision)
    {
        _floors.AddOrUpdate(keyId, revision, (_, floor) => floor == InDoubt ? revision : Math.Max(floor, revision));
        if (_floors.Count > capacity) Prune();
    }

    /// <summary>This revision was read as the current one; a doubt about a later one stays.</summary>
    public void Seen(string keyId, long revision) =>
        _floors.AddOrUpdate(keyId, revision, (_, floor) => Math.Max(floor, revision));

    /// <summary>A change of this key may have happened, or may still happen: nothing cached may answer.</summary>
    public void Doubt(string keyId) => _floors[keyId] = InDoubt;

    public bool Allows(string keyId, long revision) => !_floors.TryGetValue(keyId, out var floor) || revision >= floor;

    private void Prune()
    {
        lock (_pruning)
        {
            if (_floors.Count <= capacity) return;

            // First what to drop, then the era, then the drop: a floor raised after the era began is not in the list, or stands
            // higher than there, and stays. Dropping it would let an entry answer that this era read before the change.
            var dropped = _floors.ToArray();
            Interlocked.Increment(ref _era);
            foreach (var floor in dropped)
            {
                if (floor.Value != InDoubt) _floors.TryRemove(floor);
            }
        }
    }
}
