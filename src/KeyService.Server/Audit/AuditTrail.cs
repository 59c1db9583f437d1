using System.Text.Json;
using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Audit;

/// <summary>
/// Writes audit events in the transaction of the change they tell of (walk of CreateKey, step e). Whoever changes a workspace
/// takes its chain first, so the changes of a workspace come one after the other.
/// </summary>
internal sealed class AuditTrail(IStorageEngine engine, MasterKeys masterKeys, TimeProvider time)
{
    /// <summary>For the event of a change, before its transaction begins.</summary>
    public Guid NewEventId() => engine.NewEventId(time.GetUtcNow());

    /// <summary>Takes the workspace's chain until the transaction ends. First in every change.</summary>
    public async Task<AuditHeadRow> LockChainAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation)
    {
        if (await engine.LockAuditHeadAsync(context, workspaceId, cancellation) is { } head)
        {
            (head.SequenceBefore, head.MacBefore) = (head.Sequence, head.Mac);
            return head;
        }

        var (origin, key) = (new byte[AuditChain.MacSize], masterKeys.Current);
        var created = new AuditHeadRow
        {
            WorkspaceId = workspaceId,
            Sequence = 0,
            Mac = origin,
            MacBefore = origin,
            PurgedSequence = 0,
            PurgedMac = origin,
            PurgedSeal = AuditChain.PurgeSealOf(workspaceId, 0, origin, key),
            PurgedGeneration = key.Generation,
        };
        context.AuditHeads.Add(created);
        return created;
    }

    /// <summary>Adds the event to the chain that <see cref="LockChainAsync"/> took; the caller saves it with the change.</summary>
    public AuditEventRow Append(KeyDbContext context, AuditHeadRow head, AuditEntry entry)
    {
        var key = masterKeys.Current;
        var row = new AuditEventRow
        {
            WorkspaceId = entry.WorkspaceId,
            Sequence = head.Sequence + 1,
            EventId = entry.EventId,
            EventTime = UtcMicroseconds.Now(time),
            Action = entry.Action,
            Actor = entry.Actor.CredentialId,
            OnBehalfOf = entry.Actor.OnBehalfOf,
            KeyId = entry.KeyId,
            Before = ToJson(entry.Before),
            After = ToJson(entry.After),
            Generation = key.Generation,
            Mac = new byte[AuditChain.MacSize],
        };
        AuditChain.MacOf(row, head.Mac, key).CopyTo(row.Mac, 0);
        context.AuditEvents.Add(row);
        head.Sequence = row.Sequence;
        head.Mac = row.Mac;
        return row;
    }

    /// <summary>The record that <see cref="AuditEventRow.Before"/> or <see cref="AuditEventRow.After"/> holds.</summary>
    public static KeyRecord? FromJson(string json) =>
        json.Length == 0 ? null : JsonSerializer.Deserialize<KeyRecord>(json, JsonSerializerOptions.Default);

    /// <summary>What <see cref="AuditEventRow.Before"/> or <see cref="AuditEventRow.After"/> holds of a record.</summary>
    public static string ToJson(KeyRecord? record) =>
        record is null ? "" : JsonSerializer.Serialize(record, JsonSerializerOptions.Default);
}
