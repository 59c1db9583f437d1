using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>What the feed itself remembers of an incarnation from one cycle to the next.</summary>
internal sealed class FeedState(Incarnation incarnation, TimeSpan settleTime, TimeProvider time)
{
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private long _beatKnown;
    private long _beatSent;
    private Moment? _lastSent;
    private long _highest = long.MinValue;

    public Incarnation Incarnation => incarnation;

    public Watermarks Watermarks { get; } = new(settleTime, time);

    /// <summary>Whether the master keys were checked after the registration under this name.</summary>
    public bool IsChecked { get; set; }

    /// <summary>Whether a cycle has read nothing as high as the last of these changes before.</summary>
    public bool IsHighest(IReadOnlyList<KeyChange> changes)
    {
        if (changes.Count == 0 || changes[^1].Revision <= _highest) return false;
        _highest = changes[^1].Revision;
        return true;
    }

    /// <summary>Whether there is a row is not known: another name is simpler than to find out.</summary>
    public bool IsFirstRegistrationLost => _beatKnown == 0 && _beatSent > 0;

    /// <summary>One a second; at once when the last was not answered.</summary>
    public bool IsRegistrationDue(in Moment now, TimeSpan interval) =>
        _lastSent is not { } last || _beatKnown < _beatSent || time.GetElapsedTime(last.Timestamp, now.Timestamp) >= interval;

    public ReplicaRegistration Registration(ReplicaOptions options) => new(
        incarnation.ReplicaId, _beatKnown, _beatSent, incarnation.Ticket, incarnation.Horizon, options.Lease, options.Generations, options.Address, _start);

    /// <summary>A registration is about to be sent; whether it arrives is not known.</summary>
    public void Sent(in Moment now)
    {
        _lastSent = now;
        _beatSent++;
    }

    /// <summary>The last registration was answered.</summary>
    public void Registered() => _beatKnown = _beatSent;
}
