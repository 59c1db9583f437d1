using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Lookup;

/// <summary>Reads a key by digest from the database (walk of ValidateKey, step 8).</summary>
internal sealed class KeySource(IStorageEngine engine, Belief belief, Metrics metrics)
{
    /// <summary>Null when no current secret has this digest.</summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public async Task<CachedKey?> ReadAsync(KeyDigest digest, CancellationToken cancellation)
    {
        metrics.LookedUp(LookupSource.Database);
        // Before the read is sent: floors pruned while it is under way must count against it.
        var era = belief.Era;
        try
        {
            return await engine.FindKeyAsync(digest.ToArray(), cancellation) is { } row ? new(row.ToRecord(), era) : null;
        }
        catch (Exception e) when (StoreErrors.IsUnavailable(e, CancellationToken.None))
        {
            throw StoreErrors.Unavailable(e);
        }
    }
}
