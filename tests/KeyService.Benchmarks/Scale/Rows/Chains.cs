using System.Security.Cryptography;
using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Benchmarks.Scale.Rows;

/// <summary>
/// The audit chains of a plan: an event for each key, of which only the last of each workspace are there. The others are gone as after their
/// retention, behind a purge point with the service's seal, so that <c>verify-audit</c> finds every chain whole.
/// </summary>
internal sealed class Chains
{
    private readonly LoadPlan _plan;
    private readonly int _kept;
    private readonly MasterKey _key;
    private readonly Dictionary<string, AuditHeadRow> _heads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _totals = new(StringComparer.Ordinal);

    /// <param name="plan">All keys.</param>
    /// <param name="kept">Events of each workspace that are still there.</param>
    /// <param name="masterKey">Its audit key makes the MACs.</param>
    public Chains(LoadPlan plan, int kept, MasterKey masterKey)
    {
        (_plan, _kept, _key) = (plan, kept, masterKey);
        for (var n = 0; n < plan.Keys; n++)
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_totals, plan.WorkspaceOf(n), out _)++;
    }

    public IReadOnlyCollection<AuditHeadRow> Heads => _heads.Values;

    /// <summary>The event of a key, or null for one that is purged. In the order of the keys.</summary>
    public AuditEventRow? Next(int n, KeyRecord key, string actor)
    {
        var head = HeadOf(key.WorkspaceId);
        if (head.PurgedSequence > head.Sequence)
        {
            head.Sequence++;
            return null;
        }

        var row = new AuditEventRow
        {
            WorkspaceId = key.WorkspaceId,
            Sequence = head.Sequence + 1,
            EventId = _plan.IdOf(n, key.CreateTime, LoadPlan.Use.EventId),
            EventTime = key.CreateTime,
            Action = AuditActions.CreateKey,
            Actor = actor,
            OnBehalfOf = "",
            KeyId = key.KeyId,
            Before = "",
            After = AuditTrail.ToJson(key with { Revision = 0 }),
            Generation = _key.Generation,
            Mac = new byte[AuditChain.MacSize],
        };
        AuditChain.MacOf(row, head.Mac, _key).CopyTo(row.Mac, 0);
        (head.Sequence, head.Mac) = (row.Sequence, row.Mac);
        return row;
    }

    private AuditHeadRow HeadOf(string workspaceId)
    {
        if (_heads.TryGetValue(workspaceId, out var known)) return known;
        var purged = Math.Max(0, _totals[workspaceId] - _kept);
        // Of the events before it nothing is left to compare with: any MAC does, under the seal.
        var mac = purged == 0 ? new byte[AuditChain.MacSize] : RandomNumberGenerator.GetBytes(AuditChain.MacSize);
        return _heads[workspaceId] = new()
        {
            WorkspaceId = workspaceId,
            Sequence = 0,
            Mac = mac,
            PurgedSequence = purged,
            PurgedMac = mac,
            PurgedSeal = AuditChain.PurgeSealOf(workspaceId, purged, mac, _key),
            PurgedGeneration = _key.Generation,
        };
    }
}
