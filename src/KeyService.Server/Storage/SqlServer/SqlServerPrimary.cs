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
internal sealed class SqlServerPrimary(TimeProvider time, bool allowsCopy = false)
{
    /// <summary>
    /// The first statement of a batch; a metadata function, so it reads no table and waits for no lock. Cast from sql_variant.
    /// </summary>
    public const string Question = "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(32)) AS [Updateability];";

    private const string Primary = "READ_WRITE";

    /// <summary>A failover may leave connections to what is a copy now; each is given up, but not at every call while it lasts.</summary>
    private static readonly TimeSpan ClearInterval = TimeSpan.FromSeconds(1);

    private long _cleared = long.MinValue;

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
    /// NULL is no answer, and is served: a database that is not started, or that this login may not open, does not answer a query at all. A
    /// copy always says READ_ONLY.
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
        var now = time.GetTimestamp();
        var last = Volatile.Read(ref _cleared);
        if (last != long.MinValue && time.GetElapsedTime(last, now) < ClearInterval) return;
        if (Interlocked.CompareExchange(ref _cleared, now, last) == last) SqlConnection.ClearPool(copy);
    }
}
