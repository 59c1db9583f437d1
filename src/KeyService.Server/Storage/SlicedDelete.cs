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
    /// <param name="old">The rows to remove, by an index. SQLite removes a slice of them by their key, which must be one column: see <see cref="IStorageEngine.DeleteRequestRecordsAsync"/>.</param>
    /// <param name="cancellation">Ends it after the slice that is under way.</param>
    /// <returns>How many rows.</returns>
    public static Task<long> DeleteInSlicesAsync<T>(this KeyStore store, Func<KeyDbContext, IQueryable<T>> old, CancellationToken cancellation)
        where T : class => store.DeleteInSlicesAsync((context, token) => old(context).Take(Size).ExecuteDeleteAsync(token), cancellation);

    /// <inheritdoc cref="DeleteInSlicesAsync{T}"/>
    /// <param name="store">The way to the database.</param>
    /// <param name="slice">Removes at most <see cref="Size"/> rows and returns how many.</param>
    /// <param name="cancellation">Ends it after the slice that is under way.</param>
    public static async Task<long> DeleteInSlicesAsync(this KeyStore store, Func<KeyDbContext, CancellationToken, Task<int>> slice, CancellationToken cancellation)
    {
        long deleted = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = await store.WriteAsync(Guid.Empty, slice, cancellation);
            deleted += count;
            if (count < Size) return deleted;
        }
    }
}
