using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>For readers who must be sure: makes this replica at least as fresh as a consistency token.</summary>
internal sealed class Freshness(Belief belief, FeedSignal signal, MasterKeys masterKeys, TimeProvider time)
{
    /// <summary>At once when the replica has a later ticket; else after one cycle that began after the call, shared by all who wait.</summary>
    /// <exception cref="RefusedException">The token was never given out.</exception>
    /// <exception cref="StoreUnavailableException">The cycle failed.</exception>
    public Task EnsureAsync(string consistencyToken)
    {
        var (ticket, epochId) = ConsistencyToken.Open(consistencyToken, masterKeys);
        var current = belief.Current;
        return current.Epoch?.Id == epochId && current.Ticket >= ticket && current.Lease.IsLive(Moment.Now(time))
            ? Task.CompletedTask
            : signal.FreshAsync();
    }
}
