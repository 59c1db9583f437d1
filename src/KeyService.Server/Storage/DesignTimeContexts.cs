using KeyService.Server.Storage.Sqlite;
using KeyService.Server.Storage.SqlServer;
using Microsoft.EntityFrameworkCore.Design;

namespace KeyService.Server.Storage;

/// <summary>For <c>dotnet ef</c>: a new migration needs the model, not a server.</summary>
internal sealed class DesignTimeSqlite : IDesignTimeDbContextFactory<SqliteKeyDbContext>
{
    public SqliteKeyDbContext CreateDbContext(string[] args) => new(SqliteEngine.OptionsFor("design.db"));
}

/// <inheritdoc cref="DesignTimeSqlite"/>
internal sealed class DesignTimeSqlServer : IDesignTimeDbContextFactory<SqlServerKeyDbContext>
{
    public SqlServerKeyDbContext CreateDbContext(string[] args) =>
        new(SqlServerEngine.OptionsFor("Server=design;Database=design", retry: false));
}
