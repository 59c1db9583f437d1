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

    private readonly ScaleStore _store;
    private readonly SqliteConnection _connection;
    private readonly SqliteKeyDbContext _model;
    private readonly Dictionary<Type, (IReadOnlyList<EntityColumn> Columns, SqliteCommand Insert)> _tables = [];
    private readonly List<(string Name, string Sql)> _indexes = [];

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

    /// <summary>One transaction; without a journal its commit writes what the cache does not hold.</summary>
    public Task WriteAsync(RowBatch batch)
    {
        Execute("BEGIN");
        foreach (var (row, rows) in batch.Tables) Write(row, rows);
        Execute("COMMIT");
        return Task.CompletedTask;
    }

    public Task FinishAsync(IReadOnlyCollection<AuditHeadRow> heads, int keys)
    {
        Execute("BEGIN");
        Write(typeof(AuditHeadRow), heads);
        Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE RevisionCounter SET Value = Value + {keys} WHERE Id = 1"));
        Execute("COMMIT");
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
        foreach (var (_, insert) in _tables.Values) await insert.DisposeAsync();
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
        var (columns, insert) = TableOf(row);
        using var reader = new EntityReader(columns, rows);
        while (reader.Read())
        {
            for (var i = 0; i < columns.Count; i++) insert.Parameters[i].Value = reader.GetValue(i);
            insert.ExecuteNonQuery();
        }
    }

    private (IReadOnlyList<EntityColumn> Columns, SqliteCommand Insert) TableOf(Type row)
    {
        if (_tables.TryGetValue(row, out var known)) return known;
        var entity = _model.Model.FindEntityType(row)!;
        var columns = EntityColumn.Of(entity);
        var insert = _connection.CreateCommand();
        insert.CommandText =
            $"INSERT INTO \"{entity.GetTableName()}\" ({string.Join(", ", columns.Select(column => $"\"{column.Name}\""))}) VALUES ({string.Join(", ", columns.Select((_, i) => $"$p{i}"))})";
        for (var i = 0; i < columns.Count; i++) insert.Parameters.Add(new() { ParameterName = $"$p{i}" });
        insert.Prepare();
        return _tables[row] = (columns, insert);
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
