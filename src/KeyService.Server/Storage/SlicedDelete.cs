using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Storage;

/// <summary>
/// Deletes rows beyond their retention: by condition, never row by row as they were read, so that two processes that do it at once take nothing from each other;
/// and in slices, each a transaction, so that no change waits long and no statement takes so many locks that SQL Server locks the table (from 5,000 on).
/// </summary>
internal static class SlicedDelete
{
    /// <summary>Rows of a slice: on SQL Server a lock each in the table and in every index of it.</summary>
    public const int Size = 1_000;

    /// <param name="store">The way to the database.</param>
    /// <param name="old">The rows to remove, by an index.</param>
    /// <param name="cancellation">Ends it after the slice that is under way.</param>
    /// <returns>How many rows.</returns>
    public static async Task<long> DeleteInSlicesAsync<T>(this KeyStore store, Func<KeyDbContext, IQueryable<T>> old, CancellationToken cancellation)
        where T : class
    {
        long deleted = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = await store.WriteAsync(Guid.Empty, (context, token) => old(context).Take(Size).ExecuteDeleteAsync(token), cancellation);
            deleted += count;
            if (count < Size) return deleted;
        }
    }
}
