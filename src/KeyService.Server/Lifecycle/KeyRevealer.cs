using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Lifecycle;

/// <summary>Opens a sealed API key. The audit event is committed before the plaintext leaves.</summary>
internal sealed class KeyRevealer(KeyStore store, AuditTrail audit, MasterKeys masterKeys, RecoveryPolicy recovery)
{
    /// <returns>The API key: the plaintext, for the response alone.</returns>
    /// <exception cref="RefusedException">No such key, or one whose API key is not kept.</exception>
    public Task<string> RevealAsync(string workspaceId, string keyId, Actor actor, CancellationToken cancellation)
    {
        var eventId = audit.NewEventId();
        return store.WriteAsync(
            eventId,
            async (context, token) =>
            {
                var row = await context.ApiKeys.AsNoTracking()
                    .SingleOrDefaultAsync(key => key.KeyId == keyId && key.WorkspaceId == workspaceId, token)
                    ?? throw new RefusedException(Refusal.KeyNotFound, keyId);
                var secret = row.Recoverable && recovery.Allows(workspaceId)
                    ? await context.KeySecrets.AsNoTracking().SingleOrDefaultAsync(s => s.KeyId == keyId && s.RetireTime == null, token)
                    : null;
                if (secret?.Sealed is null) throw new RefusedException(Refusal.NotRecoverable, keyId);

                var apiKey = SealedKeyOpener.Open(secret, workspaceId, masterKeys);
                var chain = await audit.LockChainAsync(context, workspaceId, token);
                audit.Append(context, chain, new(eventId, workspaceId, AuditActions.RevealKey, actor, keyId, Before: null, After: null));
                await context.SaveChangesAsync(token);
                return apiKey;
            },
            cancellation);
    }
}
