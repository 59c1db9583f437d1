using KeyService.Benchmarks.Scale.Rows;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Benchmarks.Scale;

/// <summary>
/// Into SQL Server by bulk copy, in a recovery model of the operator's choosing. The indexes stay: they are the database's to keep up, and a table lock
/// on a clustered index is what makes the copy a bulk one. <c>rowversion</c> fills itself.
/// </summary>
internal sealed class SqlServerSink : IRowSink
{
    private readonly SqlConnection _connection;
    private readonly SqlServerKeyDbContext _model;

    public SqlServerSink(ScaleStore store)
    {
        var connectionString = store.Options.SqlServer!;
        _model = new(SqlServerEngine.OptionsFor(connectionString, retry: false));
        _connection = new(connectionString);
        _connection.Open();
    }

    public long FirstRevision => 0;

    public async Task WriteAsync(RowBatch batch)
    {
        foreach (var (row, rows) in batch.Tables) await CopyAsync(row, rows);
    }

    public Task FinishAsync(IReadOnlyCollection<AuditHeadRow> heads, int keys) => CopyAsync(typeof(AuditHeadRow), heads);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _model.DisposeAsync();
    }

    private async Task CopyAsync(Type row, IEnumerable<object> rows)
    {
        var entity = _model.Model.FindEntityType(row)!;
        var columns = EntityColumn.Of(entity);
        using var copy = new SqlBulkCopy(_connection, SqlBulkCopyOptions.TableLock | SqlBulkCopyOptions.CheckConstraints, externalTransaction: null)
        {
            DestinationTableName = $"[{entity.GetTableName()}]",
            BulkCopyTimeout = 0,
            EnableStreaming = true,
        };
        // By name: the table has columns that are not copied, and an order of its own.
        foreach (var column in columns) copy.ColumnMappings.Add(column.Name, column.Name);
        await using var reader = new EntityReader(columns, rows);
        await copy.WriteToServerAsync(reader);
    }
}
