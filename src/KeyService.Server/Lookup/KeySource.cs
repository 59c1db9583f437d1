using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Lookup;

/// <summary>Reads a key by digest from the database (walk of ValidateKey, step 8).</summary>
internal sealed class KeySource(IStorageEngine engine, Belief belief, ReadGate gate, Metrics metrics)
{
    /// <summary>No key when no current secret has this digest. That the database does not answer, or has too much to do, is not thrown.</summary>
    /// <param name="digest">Of the API key.</param>
    /// <param name="left">What the caller still waits.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Finding> ReadAsync(KeyDigest digest, TimeSpan left, CancellationToken cancellation)
    {
        using var turn = await gate.EnterAsync(left, cancellation);
        if (turn is null)
        {
            return Finding.Failed(
                gate.IsStalled ? new StoreUnavailableException(failure: nameof(TimeoutException)) : new OverloadedException());
        }

        metrics.LookedUp(LookupSource.Database);
        // Before the read is sent: what is applied while it is under way must count against it.
        var mark = belief.Mark();
        try
        {
            var row = await engine.FindKeyAsync(digest.ToArray(), cancellation);
            turn.Answered();
            if (row is null) return default;
            // So that this replica never goes back in time for a key, whatever its other answers are.
            mark.Reader?.Floors.Raise(row.KeyId, row.Revision);
            return new(new CachedKey(row.ToRecord(), mark));
        }
        catch (StoreUnavailableException e)
        {
            return Finding.Failed(e);
        }
        catch (Exception e) when (StoreErrors.IsUnavailable(e, CancellationToken.None))
        {
            return Finding.Failed(StoreErrors.Unavailable(e));
        }
    }
}
