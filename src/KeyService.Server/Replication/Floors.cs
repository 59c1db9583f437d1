using System.Collections.Concurrent;

namespace KeyService.Server.Replication;

/// <summary>For each changed key the lowest revision that may still answer.</summary>
internal sealed class Floors(int capacity = Floors.DefaultCapacity)
{
    /// <summary>About 150 bytes a floor. Pruning costs a read for each cached key, so it is rare.</summary>
    public const int DefaultCapacity = 200_000;

    private readonly ConcurrentDictionary<string, Floor> _floors = new(StringComparer.Ordinal);
    private readonly Lock _pruning = new();
    private long _era;
    private long _doubts;
    private long _version;

    /// <summary>Stamped on an entry when its read is sent. Entries of an earlier era are not believed.</summary>
    public long Era => Volatile.Read(ref _era);

    /// <summary>Counts what was raised or doubted, each after it took effect.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>How many doubts there have been: taken before a change is sent, it tells which doubts that change can end.</summary>
    public long Doubts => Interlocked.Read(ref _doubts);

    /// <summary>
    /// This revision is committed, and was acknowledged or read behind the lock of the chain: nothing below it may answer. It ends a doubt that
    /// was there before the change was sent: the change had to wait for that lock, so whatever was in doubt is over. A later doubt stays.
    /// </summary>
    public void Committed(string keyId, long revision, long doubtsBefore)
    {
        _floors.AddOrUpdate(
            keyId,
            static (_, change) => new(change.Revision, Doubt: 0),
            static (_, floor, change) => new(
                Math.Max(floor.Revision, change.Revision), floor.Doubt <= change.DoubtsBefore ? 0 : floor.Doubt),
            (Revision: revision, DoubtsBefore: doubtsBefore));
        Interlocked.Increment(ref _version);
        if (_floors.Count > capacity) Prune();
    }

    /// <summary>A change of this key may have happened, or may still happen: nothing cached may answer.</summary>
    public void Doubt(string keyId)
    {
        _floors.AddOrUpdate(
            keyId,
            static (_, doubt) => new(Revision: 0, doubt),
            static (_, floor, doubt) => floor with { Doubt = Math.Max(floor.Doubt, doubt) },
            Interlocked.Increment(ref _doubts));
        Interlocked.Increment(ref _version);
    }

    public bool Allows(string keyId, long revision) =>
        !_floors.TryGetValue(keyId, out var floor) || (floor.Doubt == 0 && revision >= floor.Revision);

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
                if (floor.Value.Doubt == 0) _floors.TryRemove(floor);
            }
        }
    }

    /// <param name="Revision">Nothing below it may answer.</param>
    /// <param name="Doubt">0, or the number of the doubt: nothing may answer.</param>
    private readonly record struct Floor(long Revision, long Doubt);
}
