using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Lifecycle;

/// <summary>What SetStatus is asked for.</summary>
/// <param name="KeepsReason">A key that has the status already keeps its reason too, whatever <paramref name="Reason"/> says.</param>
internal sealed record StatusChange(string WorkspaceId, string KeyId, KeyStatus Status, string Reason, string Etag, TimeSpan? PropagationWait, bool KeepsReason = false);

/// <summary>Switches a key on or off, and reports how far that has travelled.</summary>
internal sealed class StatusChanger(
    KeyStore store, IStorageEngine engine, AuditTrail audit, Belief belief, Propagation propagation, TimeProvider time)
{
    /// <param name="change">What to do.</param>
    /// <param name="actor">Who does it.</param>
    /// <param name="own">What they may do: who switches a credential on grants what it holds.</param>
    /// <param name="deadline">The caller's, UTC: the answer comes before it, COMPLETE or not.</param>
    /// <param name="cancellation">Ends the wait for the turn to write.</param>
    /// <exception cref="RefusedException">No such key, a stale etag, or a credential that holds more than the caller.</exception>
    /// <exception cref="StoreUnavailableException">The database does not answer; the change may have happened: ask again.</exception>
    public async Task<(KeyView Key, PropagationReport Propagation)> ChangeAsync(
        StatusChange change, Actor actor, CredentialRights own, DateTime deadline, CancellationToken cancellation)
    {
        var attempt = new Attempt(change, actor, own, audit.NewEventId(), deadline);
        var mark = belief.Mark();
        var (view, digests) = await store.WriteAsync(attempt.EventId, (context, token) => ApplyAsync(context, attempt, token), cancellation);
        // From here on the caller's cancellation has no say: the change is made, and who has it is worth knowing.
        return (view, await propagation.WaitAsync(new(view.Key, digests, mark), change.PropagationWait, deadline));
    }

    private async Task<(KeyView Key, IReadOnlyList<KeyDigest> Digests)> ApplyAsync(
        KeyDbContext context, Attempt attempt, CancellationToken cancellation)
    {
        var change = attempt.Change;
        // Known first: the chain of a workspace is not begun for a key that is not there.
        _ = await KeyAsync(context, change, cancellation) ?? throw new RefusedException(Refusal.KeyNotFound, change.KeyId);
        var chain = await audit.LockChainAsync(context, change.WorkspaceId, cancellation);
        // Whoever asked has given up, and may have asked again elsewhere: a change that comes so late would undo what was done since.
        if (time.GetUtcNow().UtcDateTime > attempt.Deadline) throw new StoreUnavailableException(failure: "the caller's deadline has passed");
        var row = await KeyAsync(context, change, cancellation) ?? throw new RefusedException(Refusal.KeyNotFound, change.KeyId);
        var use = await context.KeyUsage.AsNoTracking().SingleOrDefaultAsync(u => u.KeyId == row.KeyId, cancellation);
        var secrets = await context.KeySecrets.Where(secret => secret.KeyId == row.KeyId && secret.RetireTime == null)
            .Select(secret => secret.Digest).ToListAsync(cancellation);
        var digests = secrets.ConvertAll(digest => KeyDigest.FromBytes(digest));
        var before = row.ToRecord();
        if (before.Status == change.Status && !IsNewReason(change, before)) return (new(before, use?.LastUsedTime), digests);

        if (change.Etag.Length > 0 && change.Etag != Etag.Of(before.Revision))
            throw new RefusedException(Refusal.StaleEtag, change.KeyId);
        if (before.Status != change.Status && change.Status == KeyStatus.Enabled && row.WorkspaceId == Workspaces.System && !attempt.Own.MayGrant(CredentialRights.Of(before)))
            throw new RefusedException(Refusal.MissingPermission);

        var after = before with { Status = change.Status, StatusReason = change.Reason, UpdateTime = UtcMicroseconds.NotBefore(before.UpdateTime, time) };
        audit.Append(context, chain, new(attempt.EventId, change.WorkspaceId, AuditActions.SetStatus, attempt.Actor, row.KeyId, before, after));
        await context.SaveChangesAsync(cancellation);

        // The key row last: its revision is drawn as close to the commit as can be.
        context.ApiKeys.Attach(row);
        (row.Status, row.StatusReason, row.UpdateTime) = (after.Status, after.StatusReason, after.UpdateTime);
        await engine.StampRevisionAsync(context, row, cancellation);
        await context.SaveChangesAsync(cancellation);
        return (new(row.ToRecord(), use?.LastUsedTime), digests);
    }

    private static Task<ApiKeyRow?> KeyAsync(KeyDbContext context, StatusChange change, CancellationToken cancellation) =>
        context.ApiKeys.AsNoTracking().SingleOrDefaultAsync(
            key => key.KeyId == change.KeyId && key.WorkspaceId == change.WorkspaceId, cancellation);

    /// <summary>The same status for another reason is a change: the newest reason is kept. Without a reason it is the natural retry of a call.</summary>
    private static bool IsNewReason(StatusChange change, KeyRecord before) =>
        !change.KeepsReason && change.Reason.Length > 0 && change.Reason != before.StatusReason;

    /// <summary>One call's try.</summary>
    private sealed record Attempt(StatusChange Change, Actor Actor, CredentialRights Own, Guid EventId, DateTime Deadline);
}
