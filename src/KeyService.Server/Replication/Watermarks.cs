using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>
/// The watermarks drawn lately. A commit may leave the database's list of active transactions a moment before every read sees it, so a
/// watermark becomes the horizon only once it is older than that moment can last. One that a later, lower one contradicts was never certain: a
/// revision below it was still to become active, or a failover that lost nothing draws it again. Nor is one behind a pause in
/// which such a thing may have gone unseen.
/// </summary>
internal sealed class Watermarks(TimeSpan settleTime, TimeProvider time)
{
    private readonly Queue<(long Drawn, long Watermark)> _drawn = new();
    private long _settled = Incarnation.NoHorizon;
    private long _highest = long.MinValue;
    private long _highestSince;
    private long _last = long.MinValue;
    private long? _lastAt;

    /// <summary>The highest horizon that is certain at this moment; <see cref="Incarnation.NoHorizon"/> when there is none yet.</summary>
    public long Settled(in Moment now)
    {
        if (IsGap(now)) StartAgain();
        while (_drawn.TryPeek(out var first) && time.GetElapsedTime(first.Drawn, now.Timestamp) >= settleTime)
        {
            _settled = Math.Max(_settled, first.Watermark - 1);
            _drawn.Dequeue();
        }

        return _settled;
    }

    /// <param name="watermark">As drawn, after those before it.</param>
    /// <param name="now">After it was drawn.</param>
    /// <returns>Whether what had settled before is certain still.</returns>
    public bool Add(long watermark, in Moment now)
    {
        if (watermark > _highest)
        {
            _highest = watermark;
            _highestSince = now.Timestamp;
        }

        if (settleTime == TimeSpan.Zero) return true;
        var goesOn = !IsGap(now) && (watermark >= _last || !Rules.LowestSettles);
        if (!goesOn) StartAgain();
        (_last, _lastAt) = (watermark, now.Timestamp);
        _drawn.Enqueue((now.Timestamp, watermark));
        return goesOn;
    }

    /// <summary>Everything has to settle anew.</summary>
    private void StartAgain()
    {
        _drawn.Clear();
        _settled = Incarnation.NoHorizon;
    }

    private bool IsGap(in Moment now) => Rules.LowestSettles && _lastAt is { } last && time.GetElapsedTime(last, now.Timestamp) > settleTime / 2;

    /// <summary>For how long an open transaction has held the watermark back; zero when nothing above it was committed.</summary>
    public TimeSpan Age(bool changesAbove, in Moment now) =>
        changesAbove ? time.GetElapsedTime(_highestSince, now.Timestamp) : TimeSpan.Zero;
}
