using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Issuance;

/// <summary>
/// Which key a <c>request_id</c> made: per caller, workspace and RPC, for 24 hours. Read and written in the transaction that makes the
/// key, under the workspace's chain lock, so that two requests with one id cannot both find nothing.
/// </summary>
internal sealed class RequestRecords(KeyStore store, IStorageEngine engine, TimeProvider time)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>The id of the key that this request made before; null when it is new.</summary>
    /// <exception cref="RefusedException">The id was used for a different request.</exception>
    public async Task<string?> FindAsync(
        KeyDbContext context, string callerId, string workspaceId, string rpc, string requestId, byte[] fingerprint, CancellationToken cancellation)
    {
        var record = await Of(context, callerId, workspaceId, rpc, requestId).AsNoTracking().FirstOrDefaultAsync(cancellation);
        if (record is null || record.CreateTime <= time.GetUtcNow() - Retention) return null;
        if (!CryptographicOperations.FixedTimeEquals(record.Fingerprint, fingerprint))
            throw new RefusedException(Refusal.RequestIdReused, requestId);
        return record.KeyId;
    }

    /// <summary>Adds the record to the transaction; a record beyond its retention is taken over.</summary>
    public async Task AddAsync(
        KeyDbContext context, string callerId, string workspaceId, string rpc, string requestId, byte[] fingerprint, string keyId,
        CancellationToken cancellation)
    {
        var now = UtcMicroseconds.Now(time);
        // By condition: another process may remove an expired record in the same moment, and an update of a row that is gone would fail the whole change.
        await Of(context, callerId, workspaceId, rpc, requestId).ExecuteDeleteAsync(cancellation);
        context.RequestRecords.Add(new()
        {
            CallerId = callerId,
            WorkspaceId = workspaceId,
            Rpc = rpc,
            RequestId = requestId,
            Fingerprint = fingerprint,
            KeyId = keyId,
            CreateTime = now,
        });
    }

    /// <summary>Removes records beyond their retention; returns how many.</summary>
    public Task<long> PurgeAsync(CancellationToken cancellation)
    {
        var cutoff = time.GetUtcNow() - Retention;
        return store.DeleteInSlicesAsync((context, token) => engine.DeleteRequestRecordsAsync(context, cutoff, SlicedDelete.Size, token), cancellation);
    }

    private static IQueryable<RequestRecordRow> Of(KeyDbContext context, string callerId, string workspaceId, string rpc, string requestId) =>
        context.RequestRecords.Where(
            record => record.CallerId == callerId && record.WorkspaceId == workspaceId && record.Rpc == rpc && record.RequestId == requestId);
}
