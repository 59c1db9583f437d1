using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// An application lock owned by a connection of its own. The connection is asked every second; when it is gone the lock is
/// taken anew, and when another process has it by then this one must stop: two that do not know of each other would keep
/// cached answers of their own.
/// </summary>
internal sealed class SqlServerStoreLock : IStoreLock
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string _connectionString;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private SqlConnection? _connection;
    private volatile bool _held;
    private long _takings;
    private Task _watch = Task.CompletedTask;

    private SqlServerStoreLock(string connectionString, TimeProvider time)
    {
        // Not pooled: closing the connection must end its session, and so the lock.
        _connectionString = new SqlConnectionStringBuilder(connectionString) { Pooling = false, ConnectRetryCount = 0 }.ConnectionString;
        _time = time;
    }

    public bool IsHeld => _held;

    public long Takings => Interlocked.Read(ref _takings);

    public CancellationToken Lost => _lost.Token;

    public static async Task<SqlServerStoreLock> TakeAsync(string connectionString, TimeProvider time, CancellationToken cancellation)
    {
        var storeLock = new SqlServerStoreLock(connectionString, time);
        if (!await storeLock.TryTakeAsync(cancellation))
        {
            throw new StartException(
                "ConnectionStrings:SqlServer: this database is served by another process; stop that one first, or name another database.");
        }

        storeLock._watch = storeLock.WatchAsync();
        return storeLock;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watch;
        if (_connection is not null) await _connection.DisposeAsync();
        _lost.Dispose();
        _stop.Dispose();
    }

    /// <summary>sp_getapplock: 0 and 1 are taken; -1 held by another, -2 cancelled, -3 deadlock victim, -999 a wrong call.</summary>
    public static bool IsTaken(object? result) => result is int and >= 0;

    private async Task<bool> TryTakeAsync(CancellationToken cancellation)
    {
        var connection = new SqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            await using var command = new SqlCommand(SqlServerStatements.TakeStoreLock, connection);
            if (!IsTaken(await command.ExecuteScalarAsync(cancellation)))
            {
                await connection.DisposeAsync();
                return false;
            }

            _connection = connection;
            // Counted before it is said: what was read under the last taking is not believed under this one.
            Interlocked.Increment(ref _takings);
            _held = true;
            return true;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (await HoldsAsync()) continue;
                _held = false;
                if (_connection is not null) await _connection.DisposeAsync();
                _connection = null;
                if (!await TryTakeAgainAsync()) return;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task<bool> HoldsAsync()
    {
        if (_connection is null) return false;
        try
        {
            await using var command = new SqlCommand(SqlServerStatements.HoldsStoreLock, _connection) { CommandTimeout = 1 };
            return await command.ExecuteScalarAsync(_stop.Token) is "Exclusive";
        }
        catch (Exception e) when (e is SqlException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>False when another process has the lock. A database that does not answer is asked again at the next tick.</summary>
    private async Task<bool> TryTakeAgainAsync()
    {
        try
        {
            if (await TryTakeAsync(_stop.Token)) return true;
            await _lost.CancelAsync();
            return false;
        }
        catch (Exception e) when (e is SqlException or InvalidOperationException)
        {
            return true;
        }
    }
}
