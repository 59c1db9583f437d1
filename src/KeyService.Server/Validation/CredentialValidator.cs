using System.Net;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Usage;

namespace KeyService.Server.Validation;

/// <summary>
/// Says whether a caller's credential holds: an enabled, unexpired key of workspace <c>system</c>, used from an address that it allows.
/// It is looked up like any other key, so the one rule of revocation covers it at every call.
/// </summary>
internal sealed class CredentialValidator(KeyFinder finder, UsageRecorder usage, TimeProvider time)
{
    /// <summary>Null when it does not hold.</summary>
    /// <exception cref="Storage.StoreUnavailableException">The database is needed and did not answer in time.</exception>
    public ValueTask<CachedKey?> ValidateAsync(
        ReadOnlySpan<char> credential, IPAddress? peer, DateTime deadline, CancellationToken cancellation)
    {
        var find = finder.FindAsync(credential, deadline, cancellation);
        return find.IsCompletedSuccessfully ? new(Check(find.Result, peer)) : CheckLater(find, peer);
    }

    private async ValueTask<CachedKey?> CheckLater(ValueTask<CachedKey?> find, IPAddress? peer) => Check(await find, peer);

    private CachedKey? Check(CachedKey? key, IPAddress? peer)
    {
        if (key is null || key.Record.WorkspaceId != Workspaces.System || key.Record.Status != KeyStatus.Enabled) return null;
        if (key.Record.ExpireTime is { } expiry && expiry <= time.GetUtcNow()) return null;
        if (!key.AllowedAddresses.Allows(peer)) return null;

        usage.Record(key.Record.KeyId);
        return key;
    }
}
