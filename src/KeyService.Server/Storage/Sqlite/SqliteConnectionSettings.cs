using System.Data.Common;
using KeyService.Server.Keys;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// Gives each opened connection its settings, and gives it up when it does not lead to the live file. Without a busy time-out Microsoft.Data.Sqlite sleeps 150 ms on a lock.
/// </summary>
internal sealed class SqliteConnectionSettings(bool allowsCopy = false) : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Apply(connection);
        return Task.CompletedTask;
    }

    private void Apply(DbConnection connection)
    {
        // EF Core looks whether the file is there by a connection that is to be read-only.
        if (!allowsCopy && connection is SqliteConnection { Handle: not null } sqlite && !sqlite.ConnectionString.Contains("Mode=ReadOnly", StringComparison.OrdinalIgnoreCase)) MustBeLive(sqlite);
        using var command = connection.CreateCommand();
        command.CommandText = SqliteStatements.ConnectionSettings;
        command.ExecuteNonQuery();
    }

    private static void MustBeLive(SqliteConnection connection)
    {
        try
        {
            SqliteFile.MustBeLive(connection);
        }
        catch (StoreUnavailableException)
        {
            // Those that wait in the pool lead nowhere else.
            SqliteConnection.ClearPool(connection);
            throw;
        }
    }
}
