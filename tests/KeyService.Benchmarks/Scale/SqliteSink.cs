using System.Diagnostics;
using System.Globalization;
using KeyService.Benchmarks.Scale.Rows;
using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Benchmarks.Scale;

/// <summary>
/// Into the embedded store: one exclusive connection without a journal, which a crash would leave damaged (<c>scale.loading</c> tells of it). Indexes
/// that the schema names are dropped and made again from sorted rows; those of primary keys have to be kept up row by row, in a large cache.
/// </summary>
internal sealed class SqliteSink : IRowSink
{
    private const string Fast =
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-3000000; PRAGMA threads=2;";

    private const string Safe = "PRAGMA locking_mode=NORMAL; PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL; PRAGMA wal_checkpoint(TRUNCATE);";

    /// <summary>Each commit writes almost every page of the index of digests, 600 MB at 10 million keys.</summary>
    private const int TransactionKeys = 2_000_000;

    private readonly ScaleStore _store;
    private readonly SqliteConnection _connection;
    private readonly SqliteKeyDbContext _model;
    private readonly Dictionary<Type, SqliteInsert> _inserts = [];
    private readonly List<(string Name, string Sql)> _indexes = [];
    private int _uncommitted;

    public SqliteSink(ScaleStore store)
    {
        SqliteConnection.ClearAllPools();
        _store = store;
        _model = new(SqliteEngine.OptionsFor(store.DatabaseFile));
        _connection = Open(store);
        Execute(Fast);
        if (Scalar("PRAGMA journal_mode") is not "off") throw new StartException("Somebody else has this store open.");
        FirstRevision = (long)Scalar("SELECT Value FROM RevisionCounter WHERE Id = 1") + 1;
        DropIndexes();
    }

    public long FirstRevision { get; }

    public Task WriteAsync(RowBatch batch)
    {
        if (_uncommitted == 0) Execute("BEGIN");
        foreach (var (row, rows) in batch.Tables) Write(row, rows);
        _uncommitted += batch.Keys.Count;
        if (_uncommitted >= TransactionKeys) Commit();
        return Task.CompletedTask;
    }

    public Task FinishAsync(IReadOnlyCollection<AuditHeadRow> heads, int keys)
    {
        if (_uncommitted == 0) Execute("BEGIN");
        Write(typeof(AuditHeadRow), heads);
        Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE RevisionCounter SET Value = Value + {keys} WHERE Id = 1"));
        Commit();
        foreach (var (name, sql) in _indexes)
        {
            var began = Stopwatch.GetTimestamp();
            Execute(sql);
            Report.Line($"{Stopwatch.GetElapsedTime(began).TotalSeconds,6:N0} s  {name}");
        }

        Execute(Safe);
        using var file = new FileStream(_store.DatabaseFile, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Flush(flushToDisk: true);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var insert in _inserts.Values) insert.Dispose();
        await _connection.DisposeAsync();
        await _model.DisposeAsync();
    }

    /// <exception cref="InvalidOperationException">The file is damaged.</exception>
    public static void Check(ScaleStore store)
    {
        using var connection = Open(store);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        if (command.ExecuteScalar() is not "ok" and var problem) throw new InvalidOperationException($"integrity_check: {problem}");
        Report.Line($"integrity_check: ok");
    }

    private void Commit()
    {
        Execute("COMMIT");
        _uncommitted = 0;
    }

    private static SqliteConnection Open(ScaleStore store)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = store.DatabaseFile, Pooling = false, DefaultTimeout = 5 }.ConnectionString);
        connection.Open();
        return connection;
    }

    private void DropIndexes()
    {
        using (var command = _connection.CreateCommand())
        {
            // Those of primary keys have no text.
            command.CommandText = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
            using var reader = command.ExecuteReader();
            while (reader.Read()) _indexes.Add((reader.GetString(0), reader.GetString(1)));
        }

        foreach (var (name, _) in _indexes) Execute($"DROP INDEX \"{name}\"");
    }

    private void Write(Type row, IEnumerable<object> rows)
    {
        if (!_inserts.TryGetValue(row, out var insert))
            _inserts[row] = insert = new(_connection, _model.Model.FindEntityType(row)!);
        insert.Write(rows);
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private object Scalar(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!;
    }
}
