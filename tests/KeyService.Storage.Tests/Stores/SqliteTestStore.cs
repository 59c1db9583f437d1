using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Storage.Tests.Stores;

internal sealed class SqliteTestStore : TestStore
{
    public string File => Path.Combine(Folder, SqliteEngine.FileName);

    public override IStorageEngine CreateEngine() => new SqliteEngine(Folder, TimeProvider.System);

    public override KeyDbContext ContextWith(params IInterceptor[] interceptors) => new SqliteKeyDbContext(
        new DbContextOptionsBuilder<SqliteKeyDbContext>(SqliteEngine.OptionsFor(File)).AddInterceptors(interceptors).Options);

    protected override ValueTask DropAsync()
    {
        using var connection = (SqliteConnection)ContextWith().Database.GetDbConnection();
        SqliteConnection.ClearPool(connection);
        return default;
    }
}
