using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>
/// The watermarks drawn lately. A commit may leave the database's list of active transactions a moment before every read sees it, so a
/// watermark becomes the horizon only once it is older than that moment can last. One that a later, lower one contradicts was never certain.
/// </summary>
internal sealed class Watermarks(TimeSpan settleTime, TimeProvider time)
{
    private readonly Queue<(long Drawn, long Watermark)> _drawn = new();
    private long _settled = Incarnation.NoHorizon;
    private long _highest = long.MinValue;
    private long _highestSince;
    private long _last = long.MinValue;

    /// <summary>The highest horizon that is certain at this moment; <see cref="Incarnation.NoHorizon"/> when there is none yet.</summary>
    public long Settled(in Moment now)
    {
        while (_drawn.TryPeek(out var first) && time.GetElapsedTime(first.Drawn, now.Timestamp) >= settleTime)
        {
            _settled = Math.Max(_settled, first.Watermark - 1);
            _drawn.Dequeue();
        }

        return _settled;
    }

    /// <param name="watermark">As drawn, after those before it.</param>
    /// <param name="now">After it was drawn.</param>
    public void Add(long watermark, in Moment now)
    {
        if (watermark > _highest)
        {
            _highest = watermark;
            _highestSince = now.Timestamp;
        }

        if (settleTime == TimeSpan.Zero) return;
        if (watermark < _last && Rules.LowestSettles) LowerTo(watermark);
        _last = watermark;
        _drawn.Enqueue((now.Timestamp, watermark));
    }

    /// <summary>A revision below those drawn before was still to become active.</summary>
    private void LowerTo(long watermark)
    {
        for (var left = _drawn.Count; left > 0; left--)
        {
            var (drawn, before) = _drawn.Dequeue();
            _drawn.Enqueue((drawn, Math.Min(before, watermark)));
        }

        _settled = Math.Min(_settled, watermark - 1);
    }

    /// <summary>For how long an open transaction has held the watermark back; zero when nothing above it was committed.</summary>
    public TimeSpan Age(bool changesAbove, in Moment now) =>
        changesAbove ? time.GetElapsedTime(_highestSince, now.Timestamp) : TimeSpan.Zero;
}
