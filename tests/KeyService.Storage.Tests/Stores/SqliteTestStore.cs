using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Storage.Tests.Stores;

internal sealed class SqliteTestStore : TestStore
{
    private static readonly Lazy<Task<byte[]>> migrated = new(MigrateOnceAsync);

    public string File => Path.Combine(Folder, SqliteEngine.FileName);

    public override IStorageEngine CreateEngine() => new SqliteEngine(Folder, TimeProvider.System);

    public override KeyDbContext ContextWith(params IInterceptor[] interceptors) => new SqliteKeyDbContext(
        new DbContextOptionsBuilder<SqliteKeyDbContext>(SqliteEngine.OptionsFor(File)).AddInterceptors(interceptors).Options);

    /// <summary>As a copy of a file that is migrated once: tests of the migration itself call the engine.</summary>
    public override async Task PrepareAsync() => await System.IO.File.WriteAllBytesAsync(File, await migrated.Value);

    protected override ValueTask DropAsync()
    {
        using var connection = (SqliteConnection)ContextWith().Database.GetDbConnection();
        SqliteConnection.ClearPool(connection);
        return default;
    }

    private static async Task<byte[]> MigrateOnceAsync()
    {
        await using var store = new SqliteTestStore();
        await store.Engine.MigrateAsync(CancellationToken.None);
        // Closed, the last connection moves the log into the file.
        await store.DropAsync();
        return await System.IO.File.ReadAllBytesAsync(store.File);
    }
}
