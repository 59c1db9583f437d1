using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>What was seen of the database, to tell when it is no longer the same.</summary>
internal sealed class History
{
    private StoreEpoch? _epoch;
    private long _ticket;
    private long _watermark = long.MinValue;

    public bool IsAnother(FeedAnswer answer) => _epoch is not null && answer.Epoch != _epoch;

    /// <summary>Tickets and watermarks never fall in one history.</summary>
    public bool WentBack(FeedAnswer answer) => answer.Ticket < _ticket || answer.Watermark < _watermark;

    public void Saw(FeedAnswer answer) => (_epoch, _ticket, _watermark) = (answer.Epoch, answer.Ticket, answer.Watermark);
}
