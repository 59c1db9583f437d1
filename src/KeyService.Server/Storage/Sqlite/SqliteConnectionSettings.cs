using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// Gives each opened connection its settings. Without a busy time-out Microsoft.Data.Sqlite sleeps 150 ms on a lock.
/// </summary>
internal sealed class SqliteConnectionSettings : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Apply(connection);
        return Task.CompletedTask;
    }

    private static void Apply(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqliteStatements.ConnectionSettings;
        command.ExecuteNonQuery();
    }
}
