using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Canary;

/// <summary>The key that is switched: a credential of workspace <c>system</c>.</summary>
internal interface ICanaryKey
{
    /// <summary>Its text. It goes into a call's credential and nowhere else.</summary>
    string Credential { get; }

    /// <summary>The record, read from the database after the call; made if there is none yet.</summary>
    Task<KeyRecord> ReadAsync(CancellationToken cancellation);

    /// <summary>What this process gives as the reason of its changes: tells them from another process's.</summary>
    string Reason { get; }

    /// <summary>Switches it, and waits until every replica confirms or cannot be waited for.</summary>
    Task<(KeyRecord Key, PropagationReport Propagation)> SwitchAsync(string keyId, KeyStatus status, CancellationToken cancellation);
}

/// <summary>
/// One for each generation of the master key, for all processes and for ever: its text follows from the master key, so it is found again
/// without being kept. It may do nothing: its one permission is to validate, in no workspace. That takes it along the way of every
/// caller's credential, at once when memory knows it.
/// </summary>
internal sealed class CanaryKey(
    KeyStore store, KeyIssuer issuer, StatusChanger changer, Belief belief, MasterKeys masterKeys, IssuanceOptions options) : ICanaryKey
{
    /// <summary>What every canary's reason begins with: tells its changes from an operator's.</summary>
    public const string ReasonPrefix = "canary of ";

    /// <summary>Whatever other calls wait: the canary wants to know how long it takes.</summary>
    private static readonly TimeSpan PropagationWait = TimeSpan.FromSeconds(5);

    /// <summary>What it holds, and so all that it may switch on.</summary>
    private static readonly CredentialRights Rights = new(Permissions.Validate, []);

    private string? _keyId;

    public string Credential { get; } = ApiKeyText.DeriveForCanary(options.Brand, masterKeys.Current);

    public string Reason => ReasonPrefix + belief.Current.ReplicaId;

    public async Task<KeyRecord> ReadAsync(CancellationToken cancellation)
    {
        var keyId = _keyId ??= await FindAsync(cancellation) ?? await issuer.EnsureAsync(Request(), Credential, Actor.Canary, cancellation).WaitAsync(cancellation);
        var row = await store.ReadAsync(
            (context, token) => context.ApiKeys.SingleOrDefaultAsync(key => key.KeyId == keyId && key.WorkspaceId == Workspaces.System, token), cancellation);
        if (row is not null) return row.ToRecord();
        // The database went back to before it was made: the next round makes it again.
        _keyId = null;
        throw new RefusedException(Refusal.KeyNotFound, keyId);
    }

    public async Task<(KeyRecord Key, PropagationReport Propagation)> SwitchAsync(string keyId, KeyStatus status, CancellationToken cancellation)
    {
        var change = new StatusChange(Workspaces.System, keyId, status, Reason, Etag: "", PropagationWait, KeepsReason: true);
        // Which of two canaries was there first is told by the reason.
        // A stop does not wait for replicas: the change is made or not made, whole.
        var (view, propagation) = await changer.ChangeAsync(change, Actor.Canary, Rights, DateTime.MaxValue, cancellation).WaitAsync(cancellation);
        return (view.Key, propagation);
    }

    /// <summary>Read before it is made: a start on a store that has it changes nothing.</summary>
    private Task<string?> FindAsync(CancellationToken cancellation)
    {
        var digest = ApiKeyDigest.Of(Credential, masterKeys).ToArray();
        return store.ReadAsync(
            (context, token) => context.KeySecrets.Where(secret => secret.Digest == digest).Select(secret => secret.KeyId).SingleOrDefaultAsync(token),
            cancellation);
    }

    private static KeyRequest Request() => new()
    {
        WorkspaceId = Workspaces.System,
        Name = "canary",
        Description = "Switched off and on by KeyService:Canary to see that every replica follows. May do nothing.",
        Environment = KeyEnvironment.Live,
        Scopes = [.. PermissionNames.NamesOf(Rights.Permissions)],
        AllowedAddresses = [],
        PermittedWorkspaces = [],
        Metadata = new Dictionary<string, string>(),
        ExpireTime = null,
        NonRecoverable = true,
    };
}
