using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Issuance;

/// <summary>
/// Creates keys (walk of CreateKey, step b): the same request once, rights not beyond the requester's own, text, digest and seal, all in
/// one transaction with the audit event; the key row last.
/// </summary>
internal sealed class KeyIssuer(
    KeyStore store, IStorageEngine engine, RequestRecords requests, AuditTrail audit, MasterKeys masterKeys, IssuanceOptions options, TimeProvider time)
{
    private const string Rpc = "CreateKey";

    /// <param name="request">What is wanted.</param>
    /// <param name="requestId">Empty, or the id under which a repetition returns the same key.</param>
    /// <param name="requester">Who wants it.</param>
    /// <param name="cancellation">Ends the wait for the turn to write.</param>
    /// <exception cref="RefusedException">The request id was used for another request, the expiry is past, or rights are asked for that the requester lacks.</exception>
    /// <exception cref="StoreUnavailableException">The database does not answer; ask again with the same request id.</exception>
    public Task<IssuedKey> CreateAsync(KeyRequest request, string requestId, Requester requester, CancellationToken cancellation)
    {
        RefuseGrantBeyondOwn(request, requester.Rights);
        var eventId = audit.NewEventId();
        var keyId = KeyIds.New(time);
        var fingerprint = request.Fingerprint();
        return store.WriteAsync(
            eventId,
            async (context, token) =>
            {
                var chain = await audit.LockChainAsync(context, request.WorkspaceId, token);
                if (requestId.Length > 0)
                {
                    var caller = requester.Actor.CredentialId;
                    if (await requests.FindAsync(context, caller, request.WorkspaceId, Rpc, requestId, fingerprint, token) is { } madeBefore)
                        return await RepeatAsync(context, chain, madeBefore, eventId, requester.Actor, token);
                    if (request.ExpireTime <= time.GetUtcNow()) throw new RefusedException(Refusal.ExpiryPast);
                    await requests.AddAsync(context, caller, request.WorkspaceId, Rpc, requestId, fingerprint, keyId, token);
                }

                return await MakeAsync(context, chain, request, keyId, eventId, requester.Actor, AuditActions.CreateKey, apiKey: null, token);
            },
            cancellation);
    }

    /// <summary>Installs a credential whose text exists already: the root credential.</summary>
    /// <param name="request">Its record.</param>
    /// <param name="apiKey">Its text.</param>
    /// <param name="onlyFirst">Only in a workspace without keys. Asked under the chain lock: two first starts may run at once.</param>
    /// <param name="cancellation">Ends the wait for the turn to write.</param>
    /// <returns>Null when <paramref name="onlyFirst"/> forbids it.</returns>
    public Task<IssuedKey?> InstallAsync(KeyRequest request, string apiKey, bool onlyFirst, CancellationToken cancellation)
    {
        var eventId = audit.NewEventId();
        var keyId = KeyIds.New(time);
        return store.WriteAsync<IssuedKey?>(
            eventId,
            async (context, token) =>
            {
                var chain = await audit.LockChainAsync(context, request.WorkspaceId, token);
                // The canary's key may do nothing: a store with no other has no credential yet.
                if (onlyFirst && await context.ApiKeys.AnyAsync(key => key.WorkspaceId == request.WorkspaceId && key.CreatedBy != Actor.Canary.CredentialId, token)) return null;
                return await MakeAsync(
                    context, chain, request, keyId, eventId, Actor.Operator, AuditActions.InstallRootCredential, apiKey, token);
            },
            cancellation);
    }

    /// <summary>Installs a key whose text is the same for every process that asks, once: the canary's.</summary>
    /// <param name="request">Its record.</param>
    /// <param name="apiKey">Its text.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellation">Ends the wait for the turn to write.</param>
    /// <returns>Its id.</returns>
    public Task<string> EnsureAsync(KeyRequest request, string apiKey, Actor actor, CancellationToken cancellation)
    {
        var eventId = audit.NewEventId();
        var keyId = KeyIds.New(time);
        var digest = ApiKeyDigest.Of(apiKey, masterKeys).ToArray();
        return store.WriteAsync(
            eventId,
            async (context, token) =>
            {
                // Asked under the chain lock: several processes may begin at once.
                var chain = await audit.LockChainAsync(context, request.WorkspaceId, token);
                var known = await context.KeySecrets.AsNoTracking().SingleOrDefaultAsync(secret => secret.Digest == digest, token);
                if (known is not null) return known.KeyId;
                var made = await MakeAsync(context, chain, request, keyId, eventId, actor, AuditActions.CreateKey, apiKey, token);
                return made.Key.KeyId;
            },
            cancellation);
    }

    private async Task<IssuedKey> MakeAsync(
        KeyDbContext context, AuditHeadRow chain, KeyRequest request, string keyId, Guid eventId, Actor actor, string action, string? apiKey,
        CancellationToken cancellation)
    {
        apiKey ??= ApiKeyText.Generate(options.Brand, request.Environment, masterKeys.Current);
        var digest = ApiKeyDigest.Of(apiKey, masterKeys, out var masterKey);
        var now = UtcMicroseconds.Now(time);
        var recoverable = !request.NonRecoverable && options.Recovery.Allows(request.WorkspaceId);
        var record = new KeyRecord
        {
            KeyId = keyId,
            WorkspaceId = request.WorkspaceId,
            Name = request.Name,
            Description = request.Description,
            Environment = request.Environment,
            Status = KeyStatus.Enabled,
            Hint = ApiKeyText.Hint(apiKey),
            Recoverable = recoverable,
            Scopes = request.Scopes,
            AllowedAddresses = request.AllowedAddresses,
            PermittedWorkspaces = request.PermittedWorkspaces,
            Metadata = request.Metadata,
            CreateTime = now,
            UpdateTime = now,
            ExpireTime = request.ExpireTime,
            CreatedBy = actor.CredentialId,
            Revision = 0,
        };
        context.KeySecrets.Add(new()
        {
            Digest = digest.ToArray(),
            KeyId = keyId,
            Generation = masterKey.Generation,
            Sealed = recoverable ? SealedKey.Seal(masterKey, apiKey, request.WorkspaceId, keyId, digest) : null,
            CreateTime = now,
        });
        audit.Append(context, chain, new(eventId, request.WorkspaceId, action, actor, keyId, Before: null, record));
        await context.SaveChangesAsync(cancellation);

        var row = ApiKeyRow.From(record);
        await engine.StampRevisionAsync(context, row, cancellation);
        context.ApiKeys.Add(row);
        await context.SaveChangesAsync(cancellation);
        return new(row.ToRecord(), apiKey);
    }

    /// <summary>The key as it is now; its API key too while it is kept, which is a reveal.</summary>
    private async Task<IssuedKey> RepeatAsync(
        KeyDbContext context, AuditHeadRow chain, string keyId, Guid eventId, Actor actor, CancellationToken cancellation)
    {
        var row = await context.ApiKeys.AsNoTracking().SingleAsync(key => key.KeyId == keyId, cancellation);
        var lastUsed = await context.KeyUsage.AsNoTracking().SingleOrDefaultAsync(use => use.KeyId == keyId, cancellation);
        var secret = await context.KeySecrets.AsNoTracking()
            .SingleOrDefaultAsync(s => s.KeyId == keyId && s.RetireTime == null, cancellation);
        if (!row.Recoverable || secret?.Sealed is null || !options.Recovery.Allows(row.WorkspaceId))
            return new(row.ToRecord(), "", lastUsed?.LastUsedTime);

        var apiKey = SealedKeyOpener.Open(secret, row.WorkspaceId, masterKeys);
        audit.Append(context, chain, new(eventId, row.WorkspaceId, AuditActions.RevealKey, actor, keyId, Before: null, After: null));
        await context.SaveChangesAsync(cancellation);
        return new(row.ToRecord(), apiKey, lastUsed?.LastUsedTime);
    }

    private static void RefuseGrantBeyondOwn(KeyRequest request, CredentialRights own)
    {
        if (request.WorkspaceId != Workspaces.System) return;
        if (!own.MayGrant(new(PermissionNames.Parse(request.Scopes), request.PermittedWorkspaces)))
            throw new RefusedException(Refusal.MissingPermission);
    }
}
