using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>
/// Until when a replica may answer from what it keeps: nine tenths of the length in its row, from the moment in which its registration was
/// sent. By two clocks, one that counts on through a suspension and UTC: whichever says that more time has passed decides.
/// </summary>
internal sealed class Lease(TimeSpan length, TimeProvider time)
{
    /// <summary>The rest covers clocks that run up to 5 % off, on both sides.</summary>
    private const double UsablePart = 0.9;

    private readonly TimeSpan _usable = length * UsablePart;
    private readonly long _usableTimestamps = (long)(length.TotalSeconds * UsablePart * time.TimestampFrequency);

    private volatile Term? _term;

    /// <summary>As the row says it.</summary>
    public TimeSpan Length => length;

    /// <param name="sent">Before the registration was sent.</param>
    public void Grant(in Moment sent) => _term = new(sent);

    /// <summary>Nothing is believed any more.</summary>
    public void End() => _term = null;

    public bool IsLive(in Moment now) =>
        _term is { From: var from }
        && ((now.Timestamp - from.Timestamp < _usableTimestamps && now.Utc - from.Utc < _usable) || !Rules.Lease);

    /// <summary>Zero when it is not live.</summary>
    public TimeSpan Left(in Moment now)
    {
        if (_term is not { From: var from }) return TimeSpan.Zero;
        var passed = time.GetElapsedTime(from.Timestamp, now.Timestamp);
        if (now.Utc - from.Utc > passed) passed = now.Utc - from.Utc;
        return passed < _usable ? _usable - passed : TimeSpan.Zero;
    }

    /// <summary>Both clocks in one object, so that they are replaced together.</summary>
    private sealed class Term(Moment from)
    {
        public Moment From { get; } = from;
    }
}
