using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Audit;

/// <summary>Removes events beyond their retention from the front of each chain, and seals where it begins from then on.</summary>
internal sealed class AuditPurger(KeyStore store, IStorageEngine engine, AuditTrail trail, MasterKeys masterKeys)
{
    /// <summary>Workspaces of one read: the list of them all has no bound.</summary>
    private const int Workspaces = 1_000;

    /// <summary>The failure of one workspace does not keep the others; this many in a row are the database's.</summary>
    private const int FailuresInARow = 3;

    /// <summary>Removes what is older than <paramref name="cutoff"/>; returns how many events.</summary>
    /// <exception cref="StoreUnavailableException">Some workspaces could not be purged; all others were, unless the database failed several times in a row.</exception>
    public async Task<long> PurgeAsync(DateTimeOffset cutoff, CancellationToken cancellation)
    {
        var (purged, inARow) = (0L, 0);
        StoreUnavailableException? failure = null;
        List<string> workspaces = [""];
        do
        {
            workspaces = await ReadWorkspacesAsync(cutoff, workspaces[^1], cancellation);
            foreach (var workspaceId in workspaces)
            {
                try
                {
                    purged += await PurgeAsync(workspaceId, cutoff, cancellation);
                    inARow = 0;
                }
                catch (StoreUnavailableException e) when (++inARow < FailuresInARow)
                {
                    failure = e;
                }
            }
        }
        while (workspaces.Count == Workspaces);
        return failure is null ? purged : throw failure;
    }

    /// <summary>Workspaces with an old event, in the order of their ids.</summary>
    private Task<List<string>> ReadWorkspacesAsync(DateTimeOffset cutoff, string after, CancellationToken cancellation) => store.ScanAsync(
        (context, token) => context.AuditEvents.Where(e => e.EventTime < cutoff && string.Compare(e.WorkspaceId, after) > 0)
            .Select(e => e.WorkspaceId).Distinct().OrderBy(id => id).Take(Workspaces).ToListAsync(token),
        cancellation);

    private async Task<long> PurgeAsync(string workspaceId, DateTimeOffset cutoff, CancellationToken cancellation)
    {
        long purged = 0;
        int count;
        do
        {
            count = await PurgeSliceAsync(workspaceId, cutoff, cancellation);
            purged += count;
        }
        while (count == SlicedDelete.Size);
        return purged;
    }

    private Task<int> PurgeSliceAsync(string workspaceId, DateTimeOffset cutoff, CancellationToken cancellation) => store.WriteAsync(
        Guid.Empty,
        async (context, token) =>
        {
            var head = await trail.LockChainAsync(context, workspaceId, token);
            var events = context.AuditEvents.Where(e => e.WorkspaceId == workspaceId);
            var front = await events.OrderBy(e => e.Sequence).Take(SlicedDelete.Size).Select(e => new { e.Sequence, e.EventTime, e.Mac }).ToListAsync(token);
            // Clocks may have gone back between two events: only an unbroken run at the front may go.
            if (front.TakeWhile(e => e.EventTime < cutoff).LastOrDefault() is not { } last) return 0;

            var key = masterKeys.Current;
            head.PurgedSequence = last.Sequence;
            head.PurgedMac = last.Mac;
            head.PurgedSeal = AuditChain.PurgeSealOf(workspaceId, head.PurgedSequence, head.PurgedMac, key);
            head.PurgedGeneration = key.Generation;
            await context.SaveChangesAsync(token);
            // The chain is held: nothing was added before it since, and no other process purges it.
            return await engine.DeleteAuditEventsAsync(context, workspaceId, last.Sequence, token);
        },
        cancellation);
}
