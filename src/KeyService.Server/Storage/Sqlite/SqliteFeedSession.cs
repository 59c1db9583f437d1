using KeyService.Server.Keys;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// An open connection of the feed and its commands, each compiled once: five cycles a second would spend more on compiling than on
/// reading. For one caller at a time, synchronous. Every reader is disposed before the next statement begins (<see cref="SqliteFeedStatements"/>).
/// </summary>
internal sealed class SqliteFeedSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    public SqliteFeedSession(string connectionString)
    {
        _connection = new(connectionString);
        try
        {
            _connection.Open();
            using var settings = _connection.CreateCommand();
            settings.CommandText = SqliteFeedStatements.ConnectionSettings;
            settings.ExecuteNonQuery();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="SqliteFile.MustBeLive"/>
    public void MustBeLive() => SqliteFile.MustBeLive(_connection);

    /// <summary>
    /// Begins a transaction that writes; false when another has begun one. At once, and past the library: SQLite sleeps for up to 100 ms
    /// between its tries, the library for 150, and beside a process that writes without a pause neither meets a gap.
    /// </summary>
    public bool TryBeginWrite()
    {
        raw.sqlite3_busy_timeout(_connection.Handle!, 0);
        try
        {
            var result = raw.sqlite3_exec(_connection.Handle!, "BEGIN IMMEDIATE");
            // The upper bytes say which kind of busy.
            if ((result & 0xff) == raw.SQLITE_BUSY) return false;
            SqliteException.ThrowExceptionForRC(result, _connection.Handle!);
            return true;
        }
        finally
        {
            raw.sqlite3_busy_timeout(_connection.Handle!, SqliteFeedStatements.BusyMilliseconds);
        }
    }

    public void Commit() => SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(_connection.Handle!, "COMMIT"), _connection.Handle!);

    /// <summary>False when the row is there already, or is gone, or has another beat.</summary>
    public bool Register(ReplicaRegistration own)
    {
        var isNew = own.BeatKnown == 0;
        var command = Command(isNew ? SqliteFeedStatements.RegisterNew : SqliteFeedStatements.RegisterAgain);
        Set(command, "$id", own.ReplicaId);
        Set(command, "$ticket", own.Ticket);
        Set(command, "$applied", own.Horizon);
        Set(command, "$lease", (long)own.Lease.TotalMilliseconds);
        Set(command, "$generations", own.Generations);
        Set(command, "$address", own.Address);
        if (isNew)
        {
            Set(command, "$start", UtcMicroseconds.ToMicroseconds(own.StartTime));
        }
        else
        {
            Set(command, "$known", own.BeatKnown);
            Set(command, "$sent", own.BeatSent);
        }

        return command.ExecuteNonQuery() == 1;
    }

    public long DrawTicket()
    {
        using var reader = Command(SqliteFeedStatements.DrawTicket).ExecuteReader();
        return reader.Read() ? reader.GetInt64(0) : throw new InvalidOperationException("The store has no revision counter.");
    }

    public (long Watermark, StoreEpoch Epoch, DateTimeOffset DatabaseTime) ReadWatermark()
    {
        using var reader = Command(SqliteFeedStatements.ReadWatermark).ExecuteReader();
        if (!reader.Read()) throw new InvalidOperationException("The store has no epoch; `keyservice recover` makes one.");
        return (
            reader.GetInt64(0),
            new(reader.GetString(1), reader.IsDBNull(2) ? null : UtcMicroseconds.FromMicroseconds(reader.GetInt64(2))),
            DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)));
    }

    public IReadOnlyList<KeyChange> ReadChanges(long horizon, int count)
    {
        var command = Command(SqliteFeedStatements.ReadChanges);
        Set(command, "$horizon", horizon);
        Set(command, "$count", count);
        using var reader = command.ExecuteReader();
        if (!reader.Read()) return [];
        var changes = new List<KeyChange>();
        do changes.Add(new(reader.GetString(0), reader.GetInt64(1)));
        while (reader.Read());
        return changes;
    }

    public void Report(string replicaId, long ticket, long horizon)
    {
        var command = Command(SqliteFeedStatements.Report);
        Set(command, "$id", replicaId);
        Set(command, "$ticket", ticket);
        Set(command, "$applied", horizon);
        command.ExecuteNonQuery();
    }

    public IReadOnlyList<ReplicaRow> ReadReplicas()
    {
        var rows = new List<ReplicaRow>();
        using var reader = Command(SqliteFeedStatements.ReadReplicas).ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new()
            {
                ReplicaId = reader.GetString(0),
                Beat = reader.GetInt64(1),
                Ticket = reader.GetInt64(2),
                Horizon = reader.GetInt64(3),
                LeaseMilliseconds = reader.GetInt64(4),
                Generations = reader.GetString(5),
                Address = reader.GetString(6),
                StartTime = UtcMicroseconds.FromMicroseconds(reader.GetInt64(7)),
            });
        }

        return rows;
    }

    public bool Remove(string replicaId, long? beat)
    {
        var command = Command(SqliteFeedStatements.Remove);
        Set(command, "$id", replicaId);
        Set(command, "$beat", (object?)beat ?? DBNull.Value);
        return command.ExecuteNonQuery() == 1;
    }

    public IReadOnlyList<MasterKeyFingerprintRow> ReadFingerprints()
    {
        var rows = new List<MasterKeyFingerprintRow>();
        using var reader = Command(SqliteFeedStatements.ReadFingerprints).ExecuteReader();
        while (reader.Read()) rows.Add(new() { Generation = reader.GetString(0)[0], Fingerprint = reader.GetFieldValue<byte[]>(1) });
        return rows;
    }

    /// <summary>Leaves the connection writing through to the disk: do not keep it for the feed.</summary>
    public void WriteDurably(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var durable = _connection.CreateCommand();
        durable.CommandText = SqliteFeedStatements.Durable;
        durable.ExecuteNonQuery();
        using var transaction = _connection.BeginTransaction(deferred: false);
        using var write = _connection.CreateCommand();
        (write.Transaction, write.CommandText) = (transaction, sql);
        foreach (var (name, value) in parameters) write.Parameters.AddWithValue(name, value);
        write.ExecuteNonQuery();
        transaction.Commit();
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values) command.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql)
    {
        if (_commands.TryGetValue(sql, out var known)) return known;
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        _commands.Add(sql, command);
        return command;
    }

    private static void Set(SqliteCommand command, string name, object value)
    {
        var index = command.Parameters.IndexOf(name);
        if (index >= 0) command.Parameters[index].Value = value;
        else command.Parameters.AddWithValue(name, value);
    }
}
