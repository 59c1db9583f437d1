using System.Collections.Concurrent;
using System.Data.Common;
using KeyService.Server.Keys;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// Asks, in the round trip of every read, whether what answers is the primary. A readable copy (a secondary reached by the name of its node, a
/// geo-secondary, a standby of log shipping) answers too, and lags: a key that was switched off is still VALID there, and a new one does not exist.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="allowsCopy">For commands that answer no call: an audit trail may be checked on a copy.</param>
/// <param name="clear">Empties the pool of a connection; null: that of the client library.</param>
internal sealed class SqlServerPrimary(TimeProvider time, bool allowsCopy = false, Action<SqlConnection>? clear = null)
{
    /// <summary>
    /// The first statement of a batch; a metadata function, so it reads no table and waits for no lock. Cast from sql_variant.
    /// </summary>
    public const string Question = "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(32)) AS [Updateability];";

    private const string Primary = "READ_WRITE";

    /// <summary>A failover may leave connections to what is a copy now; each is given up, but not at every call while it lasts.</summary>
    private static readonly TimeSpan ClearInterval = TimeSpan.FromSeconds(1);

    /// <summary>When each pool was emptied last, by connection string: emptying one leaves the others as they are.</summary>
    private readonly ConcurrentDictionary<string, long> _cleared = new(StringComparer.Ordinal);

    private readonly Action<SqlConnection> _clear = clear ?? SqlConnection.ClearPool;

    /// <summary>Reads the answer, and leaves the reader at the result behind it.</summary>
    /// <exception cref="StoreUnavailableException">It is a copy.</exception>
    public async Task CheckAsync(DbDataReader reader, DbConnection? connection, CancellationToken cancellation)
    {
        Check(await reader.ReadAsync(cancellation) ? reader.GetValue(0) as string : null, connection);
        await reader.NextResultAsync(cancellation);
    }

    /// <inheritdoc cref="CheckAsync"/>
    public void Check(DbDataReader reader, DbConnection? connection)
    {
        Check(reader.Read() ? reader.GetValue(0) as string : null, connection);
        reader.NextResult();
    }

    /// <summary>
    /// NULL is no answer, and is served. SQL Server gives it for a database that is not started, which answers no query, so it is not met here; a server that
    /// speaks the protocol and does not implement the property gives it always. A copy always says READ_ONLY.
    /// </summary>
    private void Check(string? updateability, DbConnection? connection)
    {
        if (updateability is null || allowsCopy || string.Equals(updateability, Primary, StringComparison.OrdinalIgnoreCase)) return;
        GiveUp(connection);
        throw new StoreUnavailableException(
            new StartException($"ConnectionStrings:SqlServer: this database is {updateability} where it was reached: a copy, which may lag. The service reads and writes at the primary; name its listener."),
            $"the database is {updateability}: it is not the primary");
    }

    private void GiveUp(DbConnection? connection)
    {
        if (connection is not SqlConnection copy) return;
        var (pool, now) = (copy.ConnectionString, time.GetTimestamp());
        var isDue = _cleared.TryGetValue(pool, out var last)
            ? time.GetElapsedTime(last, now) >= ClearInterval && _cleared.TryUpdate(pool, now, last)
            : _cleared.TryAdd(pool, now);
        if (isDue) _clear(copy);
    }
}
