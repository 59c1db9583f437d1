using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Audit;

/// <summary>Removes events beyond their retention from the front of each chain, and seals where it begins from then on.</summary>
internal sealed class AuditPurger(KeyStore store, AuditTrail trail, MasterKeys masterKeys)
{
    private const int Batch = 1_000;

    /// <summary>Removes what is older than <paramref name="cutoff"/>; returns how many events.</summary>
    public async Task<long> PurgeAsync(DateTimeOffset cutoff, CancellationToken cancellation)
    {
        var workspaces = await store.ScanAsync(
            (context, token) => context.AuditEvents.Where(e => e.EventTime < cutoff).Select(e => e.WorkspaceId).Distinct().ToListAsync(token),
            cancellation);
        long purged = 0;
        foreach (var workspaceId in workspaces)
        {
            int count;
            do
            {
                count = await PurgeBatchAsync(workspaceId, cutoff, cancellation);
                purged += count;
            }
            while (count == Batch);
        }

        return purged;
    }

    private Task<int> PurgeBatchAsync(string workspaceId, DateTimeOffset cutoff, CancellationToken cancellation) => store.WriteAsync(
        Guid.Empty,
        async (context, token) =>
        {
            var head = await trail.LockChainAsync(context, workspaceId, token);
            var front = await context.AuditEvents
                .Where(e => e.WorkspaceId == workspaceId).OrderBy(e => e.Sequence).Take(Batch).ToListAsync(token);
            // Clocks may have gone back between two events: only an unbroken run at the front may go.
            var old = front.TakeWhile(e => e.EventTime < cutoff).ToList();
            if (old.Count == 0) return 0;

            var key = masterKeys.Current;
            context.AuditEvents.RemoveRange(old);
            head.PurgedSequence = old[^1].Sequence;
            head.PurgedMac = old[^1].Mac;
            head.PurgedSeal = AuditChain.PurgeSealOf(workspaceId, head.PurgedSequence, head.PurgedMac, key);
            head.PurgedGeneration = key.Generation;
            await context.SaveChangesAsync(token);
            return old.Count;
        },
        cancellation);
}
