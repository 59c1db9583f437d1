using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Audit;

/// <summary>What the check of a workspace's chain found; <see cref="Problem"/> is null when it holds.</summary>
/// <param name="MissingGeneration">The chain cannot be checked: it needs the master key of this generation. Says nothing of whether it is broken.</param>
internal sealed record ChainCheck(string WorkspaceId, long Events, long Head, string? Problem, char? MissingGeneration = null);

/// <summary>
/// Checks the chain of each workspace from its purge point to its head. It finds events altered, removed, put in or moved;
/// a chain cut back to an earlier head is found by comparing the head with the metric.
/// </summary>
internal sealed class AuditVerifier(KeyStore store, MasterKeys masterKeys)
{
    private const int Batch = 1_000;

    /// <summary>By generation, as the store has them.</summary>
    private Dictionary<char, byte[]> _stored = [];

    public async IAsyncEnumerable<ChainCheck> VerifyAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        _stored = await store.ScanAsync(
            (context, token) => context.MasterKeyFingerprints.ToDictionaryAsync(row => row.Generation, row => row.Fingerprint, token), cancellation);
        var heads = await store.ScanAsync(
            (context, token) => context.AuditHeads.OrderBy(head => head.WorkspaceId).ToListAsync(token), cancellation);
        foreach (var head in heads) yield return await VerifyAsync(head, cancellation);

        var known = heads.Select(head => head.WorkspaceId).ToHashSet(StringComparer.Ordinal);
        var present = await store.ScanAsync(
            (context, token) => context.AuditEvents.Select(e => e.WorkspaceId).Distinct().ToListAsync(token), cancellation);
        foreach (var workspaceId in present.Where(id => !known.Contains(id)).Order(StringComparer.Ordinal))
        {
            // Begun while this ran, or a head removed by hand: only a look at the head again can tell.
            yield return await HeadAsync(workspaceId, cancellation) is { } late
                ? await VerifyAsync(late, cancellation)
                : new(workspaceId, 0, 0, "the chain's head is missing");
        }
    }

    /// <summary>What the metrics of the server show for the same store: a store that was set back has less.</summary>
    public async Task<(long Events, long Fingerprint)> HeadsAsync(CancellationToken cancellation)
    {
        var heads = await store.ScanAsync(
            (context, token) => context.AuditHeads.Select(head => new { head.Sequence, head.Mac }).ToListAsync(token), cancellation);
        return (heads.Sum(head => head.Sequence), heads.Aggregate(0L, (all, head) => all ^ Metrics.AuditFingerprint(head.Mac)));
    }

    private async Task<ChainCheck> VerifyAsync(AuditHeadRow head, CancellationToken cancellation)
    {
        while (true)
        {
            var check = await WalkAsync(head, cancellation);
            // A purge between the reads of the head and of the events leaves a hole that is none. It has moved the head, too.
            if (check.Problem is null
                || await HeadAsync(head.WorkspaceId, cancellation) is not { } now || now.PurgedSequence <= head.PurgedSequence)
            {
                return check;
            }

            head = now;
        }
    }

    private async Task<ChainCheck> WalkAsync(AuditHeadRow head, CancellationToken cancellation)
    {
        var purgeKey = Find(head.PurgedGeneration);
        if (purgeKey is null && _stored.ContainsKey(head.PurgedGeneration)) return Missing(head, head.PurgedGeneration);
        if (purgeKey is null || !Same(AuditChain.PurgeSealOf(head.WorkspaceId, head.PurgedSequence, head.PurgedMac, purgeKey), head.PurgedSeal))
        {
            return new(head.WorkspaceId, 0, head.Sequence, "the purge point does not carry the service's seal");
        }

        var (sequence, mac) = (head.PurgedSequence, head.PurgedMac);
        while (sequence < head.Sequence)
        {
            var after = sequence;
            var rows = await store.ScanAsync(
                (context, token) => context.AuditEvents
                    .Where(e => e.WorkspaceId == head.WorkspaceId && e.Sequence > after && e.Sequence <= head.Sequence)
                    .OrderBy(e => e.Sequence).Take(Batch).ToListAsync(token),
                cancellation);
            if (rows.Count == 0) return Broken(sequence + 1, "is missing");
            foreach (var row in rows)
            {
                if (row.Sequence != sequence + 1) return Broken(sequence + 1, "is missing");
                var key = Find(row.Generation);
                if (key is null && _stored.ContainsKey(row.Generation)) return Missing(head, row.Generation);
                // One that the store never had is none that an event was written with.
                if (key is null || !Same(AuditChain.MacOf(row, mac, key), row.Mac))
                    return Broken(row.Sequence, "was altered, or an event before it");
                (sequence, mac) = (row.Sequence, row.Mac);
            }
        }

        if (!Same(mac, head.Mac)) return new(head.WorkspaceId, 0, head.Sequence, "the chain's head is not its last event");
        return await StrayAsync(head, cancellation) is { } stray
            ? Broken(stray, "is outside the chain")
            : new(head.WorkspaceId, head.Sequence - head.PurgedSequence, head.Sequence, Problem: null);

        ChainCheck Broken(long at, string what) => new(head.WorkspaceId, 0, head.Sequence, $"event {at} {what}");
    }

    /// <summary>An event before the purge point or behind the head, put in by hand; null when there is none.</summary>
    private async Task<long?> StrayAsync(AuditHeadRow head, CancellationToken cancellation)
    {
        // Events go in the transaction that moves the purge point, so none is left before one that was read earlier.
        var (first, last) = await store.ScanAsync(
            async (context, token) =>
            {
                var sequences = context.AuditEvents.Where(e => e.WorkspaceId == head.WorkspaceId).Select(e => e.Sequence);
                return (await sequences.MinAsync(s => (long?)s, token), await sequences.MaxAsync(s => (long?)s, token));
            },
            cancellation);
        if (first <= head.PurgedSequence) return first;
        if (last is null || last <= head.Sequence) return null;

        // Written while this ran, then the head is there as well: they are one transaction.
        return await HeadAsync(head.WorkspaceId, cancellation) is { } now && now.Sequence >= last ? null : last;
    }

    private Task<AuditHeadRow?> HeadAsync(string workspaceId, CancellationToken cancellation) => store.ScanAsync(
        (context, token) => context.AuditHeads.SingleOrDefaultAsync(head => head.WorkspaceId == workspaceId, token), cancellation);

    /// <summary>A configured one that is not the store's own would make every event look altered: it is as good as missing.</summary>
    private MasterKey? Find(char generation) =>
        masterKeys.Find(generation) is { } key && (!_stored.TryGetValue(generation, out var fingerprint) || Same(fingerprint, key.Fingerprint)) ? key : null;

    private static ChainCheck Missing(AuditHeadRow head, char generation) => new(
        head.WorkspaceId, 0, head.Sequence, $"the master key of generation {generation} is needed, and is not configured, or another one is under its name", generation);

    private static bool Same(byte[] a, byte[] b) => CryptographicOperations.FixedTimeEquals(a, b);
}
