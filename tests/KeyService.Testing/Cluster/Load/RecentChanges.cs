namespace KeyService.Testing.Cluster.Load;

/// <summary>
/// The keys whose changes were answered, or failed, a moment ago. Wrong answers are most likely for these, so validators choose them more
/// often than others.
/// </summary>
internal sealed class RecentChanges
{
    /// <summary>How many are remembered: about as many changes as a load makes in <see cref="Age"/>.</summary>
    private const int Count = 16;

    private static readonly TimeSpan Age = TimeSpan.FromMilliseconds(100);

    private readonly (LoadKey Key, long Answered)?[] _latest = new (LoadKey, long)?[Count];
    private readonly Lock _lock = new();
    private int _next;

    public void Add(LoadKey key)
    {
        lock (_lock) _latest[_next++ % Count] = (key, TimeProvider.System.GetTimestamp());
    }

    /// <summary>One of them at random; null where the choice falls on none, or on one that is older than 100 ms.</summary>
    public LoadKey? Any(Seeded random)
    {
        lock (_lock)
        {
            if (_latest[random.Below(Count)] is not { } latest) return null;
            return TimeProvider.System.GetElapsedTime(latest.Answered) < Age ? latest.Key : null;
        }
    }
}
