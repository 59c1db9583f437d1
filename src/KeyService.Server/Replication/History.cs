using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>What was seen of the database, to tell when it is no longer the same.</summary>
internal sealed class History
{
    private StoreEpoch? _epoch;
    private long _ticket;
    private long _watermark = long.MinValue;
    private long _horizon = Incarnation.NoHorizon;
    private long _newest = Incarnation.NoHorizon;

    public bool IsAnother(FeedAnswer answer) => _epoch is { } known && answer.Epoch!.IsAnotherThan(known);

    /// <summary>
    /// In one history tickets never fall, no revision at or below a horizon becomes active again, and a change that was read stays. A
    /// watermark may fall as long as it stays above the horizon: a revision is drawn a moment before it is in the list of what is active, and
    /// one that was rolled back may be drawn again after a failover that lost nothing.
    /// </summary>
    /// <param name="answer">Of this cycle.</param>
    /// <param name="request">What was asked for.</param>
    public bool WentBack(FeedAnswer answer, FeedRequest request) =>
        answer.Ticket < _ticket || answer.Watermark <= _horizon || HasLost(answer, request) || (!Rules.LowWatermark && answer.Watermark < _watermark);

    /// <param name="answer">Of this cycle.</param>
    /// <param name="isNew">It is of another history than what was seen before.</param>
    public void Saw(FeedAnswer answer, bool isNew)
    {
        if (isNew) (_epoch, _horizon, _newest) = (null, Incarnation.NoHorizon, Incarnation.NoHorizon);
        (_epoch, _ticket, _watermark) = (answer.Epoch!.Over(_epoch), answer.Ticket, answer.Watermark);
        if (answer.Changes.Count > 0) _newest = Math.Max(_newest, answer.Changes[^1].Revision);
    }

    /// <summary>Everything at or below it is settled for good.</summary>
    public void Settled(long horizon) => _horizon = Math.Max(_horizon, horizon);

    /// <summary>Rows of keys are never deleted, so the latest change stays the latest until there is a later one. Where there are too many, the latest are cut off.</summary>
    private bool HasLost(FeedAnswer answer, FeedRequest request) =>
        _newest > request.Horizon && answer.Changes.Count <= request.MaxChanges && (answer.Changes.Count == 0 || answer.Changes[^1].Revision < _newest);
}
