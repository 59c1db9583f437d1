using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Audit;

/// <summary>One event as it is shown.</summary>
internal sealed record AuditEvent(
    string WorkspaceId, long Sequence, DateTimeOffset EventTime, string Action, Actor Actor, string KeyId, KeyRecord? Before, KeyRecord? After);

/// <summary>Reads a workspace's events, newest first.</summary>
internal sealed class AuditQueries(KeyStore store)
{
    /// <param name="before">Only events with a lower number; null from the newest on.</param>
    public Task<List<AuditEvent>> ListAsync(string workspaceId, string keyId, long? before, int count, CancellationToken cancellation) =>
        store.ScanAsync(
            async (context, token) =>
            {
                var events = context.AuditEvents.Where(e => e.WorkspaceId == workspaceId);
                if (keyId.Length > 0) events = events.Where(e => e.KeyId == keyId);
                if (before is { } sequence) events = events.Where(e => e.Sequence < sequence);
                var rows = await events.OrderByDescending(e => e.Sequence).Take(count).ToListAsync(token);
                return rows.ConvertAll(row => new AuditEvent(
                    row.WorkspaceId, row.Sequence, row.EventTime, row.Action, new Actor(row.Actor, row.OnBehalfOf), row.KeyId,
                    AuditTrail.FromJson(row.Before), AuditTrail.FromJson(row.After)));
            },
            cancellation);
}
