using System.Globalization;
using KeyService.Benchmarks.Scale.Rows;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using SQLitePCL;

namespace KeyService.Benchmarks.Scale;

/// <summary>One prepared INSERT, past Microsoft.Data.Sqlite: its commands search each parameter by name, for every row.</summary>
internal sealed class SqliteInsert : IDisposable
{
    private readonly IReadOnlyList<EntityColumn> _columns;
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _statement;

    public SqliteInsert(SqliteConnection connection, IEntityType entity)
    {
        _connection = connection;
        _columns = EntityColumn.Of(entity);
        var names = string.Join(", ", _columns.Select(column => $"\"{column.Name}\""));
        var places = string.Join(", ", _columns.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"?{i + 1}")));
        Require(raw.sqlite3_prepare_v2(connection.Handle, $"INSERT INTO \"{entity.GetTableName()}\" ({names}) VALUES ({places})", out _statement), raw.SQLITE_OK);
    }

    public void Write(IEnumerable<object> rows)
    {
        using var reader = new EntityReader(_columns, rows);
        while (reader.Read())
        {
            for (var i = 0; i < _columns.Count; i++) Require(Bind(i + 1, reader.GetValue(i)), raw.SQLITE_OK);
            Require(raw.sqlite3_step(_statement), raw.SQLITE_DONE);
            Require(raw.sqlite3_reset(_statement), raw.SQLITE_OK);
        }
    }

    public void Dispose() => _statement.Dispose();

    /// <summary>As Microsoft.Data.Sqlite stores each type.</summary>
    private int Bind(int place, object value) => value switch
    {
        DBNull => raw.sqlite3_bind_null(_statement, place),
        string text => raw.sqlite3_bind_text(_statement, place, text),
        long number => raw.sqlite3_bind_int64(_statement, place, number),
        byte number => raw.sqlite3_bind_int64(_statement, place, number),
        bool flag => raw.sqlite3_bind_int64(_statement, place, flag ? 1 : 0),
        char letter => raw.sqlite3_bind_text(_statement, place, letter.ToString()),
        byte[] bytes => raw.sqlite3_bind_blob(_statement, place, bytes),
        Guid id => raw.sqlite3_bind_text(_statement, place, id.ToString("D").ToUpperInvariant()),
        _ => throw new NotSupportedException($"No column of this schema holds {value.GetType()}."),
    };

    private void Require(int code, int right)
    {
        if (code != right) throw new SqliteException(raw.sqlite3_errmsg(_connection.Handle).utf8_to_string(), code);
    }
}
