using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// An application lock owned by a connection of its own. It counts as held for 3 s after a confirmation was sent, on a clock that counts
/// suspension too; whoever takes it waits 4 s before it counts. So when a session was lost and another process took the lock, the first
/// has stopped to believe and to promise before the second begins. A lock that another has must not be waited for: this process stops.
/// </summary>
internal sealed class SqlServerStoreLock : IStoreLock
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TakeoverWait = TimeSpan.FromSeconds(4);

    private readonly string _connectionString;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private SqlConnection? _connection;
    private volatile Confirmation? _confirmed;
    private long _takings;
    private Task _watch = Task.CompletedTask;

    private SqlServerStoreLock(string connectionString, TimeProvider time)
    {
        // Not pooled: closing the connection must end its session, and so the lock.
        _connectionString = new SqlConnectionStringBuilder(connectionString) { Pooling = false, ConnectRetryCount = 0 }.ConnectionString;
        _time = time;
    }

    public bool IsHeld => _confirmed is { } confirmed && confirmed.Age(_time) < Trust;

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

            // Who had it before may believe for a while that it still does.
            await Task.Delay(TakeoverWait, _time, cancellation);
            _connection = connection;
            // Counted before it is said: what was read under the last taking is not believed under this one.
            Interlocked.Increment(ref _takings);
            return await HoldsAsync() != false ? true : throw new InvalidOperationException("The lock was lost while it was taken.");
        }
        catch
        {
            _connection = null;
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
                // No answer in time is no loss: the session may still hold it, and the confirmation grows old by itself.
                if (_connection is not null && await HoldsAsync() != false) continue;
                _confirmed = null;
                if (_connection is not null) await _connection.DisposeAsync();
                _connection = null;
                if (!await TryTakeAgainAsync()) return;
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Stopped: the client library has several words for it.
        }
    }

    /// <summary>Null: the server did not answer in time, and the connection stands.</summary>
    private async Task<bool?> HoldsAsync()
    {
        var asked = new Confirmation(_time.GetTimestamp(), _time.GetUtcNow());
        try
        {
            await using var command = new SqlCommand(SqlServerStatements.HoldsStoreLock, _connection) { CommandTimeout = 1 };
            if (await command.ExecuteScalarAsync(_stop.Token) is not "Exclusive") return false;
            _confirmed = asked;
            return true;
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            return e is SqlException && _connection is { State: System.Data.ConnectionState.Open } ? null : false;
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
        catch (Exception) when (!_stop.IsCancellationRequested)
        {
            return true;
        }
    }

    /// <summary>When a confirmation was sent, on two clocks: the first stands still while the machine sleeps, the second may be set.</summary>
    private sealed record Confirmation(long Timestamp, DateTimeOffset Utc)
    {
        public TimeSpan Age(TimeProvider time)
        {
            var (counted, shown) = (time.GetElapsedTime(Timestamp), time.GetUtcNow() - Utc);
            return counted > shown ? counted : shown;
        }
    }
}
