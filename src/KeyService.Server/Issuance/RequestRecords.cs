using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Issuance;

/// <summary>
/// Which key a <c>request_id</c> made: per caller, workspace and RPC, for 24 hours. Read and written in the transaction that makes the
/// key, under the workspace's chain lock, so that two requests with one id cannot both find nothing.
/// </summary>
internal sealed class RequestRecords(KeyStore store, TimeProvider time)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    private const int Batch = 1_000;

    /// <summary>The id of the key that this request made before; null when it is new.</summary>
    /// <exception cref="RefusedException">The id was used for a different request.</exception>
    public async Task<string?> FindAsync(
        KeyDbContext context, string callerId, string workspaceId, string rpc, string requestId, byte[] fingerprint, CancellationToken cancellation)
    {
        var record = await RowAsync(context, callerId, workspaceId, rpc, requestId, cancellation);
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
        if (await RowAsync(context, callerId, workspaceId, rpc, requestId, cancellation) is { } expired)
        {
            (expired.Fingerprint, expired.KeyId, expired.CreateTime) = (fingerprint, keyId, now);
            return;
        }

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

    /// <summary>Removes records beyond their retention, some at a time so that no change waits long; returns how many.</summary>
    public async Task<long> PurgeAsync(CancellationToken cancellation)
    {
        var cutoff = time.GetUtcNow() - Retention;
        long purged = 0;
        while (true)
        {
            var count = await store.WriteAsync(
                Guid.Empty,
                async (context, token) =>
                {
                    var old = await context.RequestRecords.Where(record => record.CreateTime <= cutoff)
                        .OrderBy(record => record.CreateTime).Take(Batch).ToListAsync(token);
                    context.RequestRecords.RemoveRange(old);
                    await context.SaveChangesAsync(token);
                    return old.Count;
                },
                cancellation);
            purged += count;
            if (count < Batch) return purged;
        }
    }

    private static Task<RequestRecordRow?> RowAsync(
        KeyDbContext context, string callerId, string workspaceId, string rpc, string requestId, CancellationToken cancellation) =>
        context.RequestRecords.FirstOrDefaultAsync(
            record => record.CallerId == callerId && record.WorkspaceId == workspaceId && record.Rpc == rpc && record.RequestId == requestId,
            cancellation);
}
