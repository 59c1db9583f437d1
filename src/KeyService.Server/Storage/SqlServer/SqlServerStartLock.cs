using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// An application lock of a connection of its own, held while a process makes the store ready: the server frees it when the session
/// ends, however it ends. In <c>master</c>, under the database's name, because a first <c>migrate</c> makes the database; where this
/// login may not open <c>master</c> (contained users), in the database itself, which is there then.
/// </summary>
internal static class SqlServerStartLock
{
    private const int LongestWaitSeconds = 60;

    // Cannot open the database; no access to it; login failed.
    private const int CannotOpen = 4060;
    private const int NoAccess = 916;
    private const int LoginFailed = 18456;

    public static async Task<IAsyncDisposable> EnterAsync(string connectionString, CancellationToken cancellation)
    {
        var own = SqlServerConnections.ForStartLock(connectionString);
        var master = new SqlConnectionStringBuilder(own.ConnectionString) { InitialCatalog = "master" };
        var connection = new SqlConnection(master.ConnectionString);
        try
        {
            try
            {
                await connection.OpenAsync(cancellation);
            }
            catch (SqlException e) when (e.Number is CannotOpen or NoAccess or LoginFailed)
            {
                await connection.DisposeAsync();
                connection = new(own.ConnectionString);
                await connection.OpenAsync(cancellation);
            }

            await using var command = new SqlCommand(SqlServerStatements.EnterStart, connection) { CommandTimeout = LongestWaitSeconds + 10 };
            command.Parameters.Add("@database", System.Data.SqlDbType.NVarChar, 128).Value = own.InitialCatalog;
            command.Parameters.Add("@milliseconds", System.Data.SqlDbType.Int).Value = LongestWaitSeconds * 1_000;
            if (IsEntered(await command.ExecuteScalarAsync(cancellation))) return connection;
            throw new StartException(
                $"ConnectionStrings:SqlServer: another process is starting or migrating this database and has not ended in {LongestWaitSeconds} s.");
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            // The client library has several words for it.
            if (e is SqlException && cancellation.IsCancellationRequested) throw new OperationCanceledException("The wait was given up.", e, cancellation);
            throw;
        }
    }

    /// <summary>sp_getapplock: 0 and 1 are taken; -1 not in time, -2 cancelled, -3 deadlock victim, -999 a wrong call.</summary>
    public static bool IsEntered(object? result) => result is int and >= 0;
}
