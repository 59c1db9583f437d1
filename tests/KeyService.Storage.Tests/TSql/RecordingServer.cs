using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace KeyService.Storage.Tests.TSql;

/// <summary>One command as it would have gone to the server.</summary>
internal sealed record RecordedCommand(string Text, IReadOnlyList<SqlParameter> Parameters, bool InTransaction, int Timeout = 0)
{
    /// <summary>As the server would declare them.</summary>
    public string Declarations => string.Join(", ", Parameters.Select(parameter => $"@{parameter.ParameterName.TrimStart('@')} {TypeOf(parameter)} = NULL"));

    public static string TypeOf(SqlParameter parameter)
    {
        var size = parameter.Size is > 0 and <= 8_000 && !(parameter.SqlDbType == SqlDbType.NVarChar && parameter.Size > 4_000) ? $"{parameter.Size}" : "max";
        return parameter.SqlDbType switch
        {
            SqlDbType.VarChar or SqlDbType.NVarChar or SqlDbType.VarBinary => $"{parameter.SqlDbType.ToString().ToLowerInvariant()}({size})",
            SqlDbType.Binary or SqlDbType.Char or SqlDbType.NChar => $"{parameter.SqlDbType.ToString().ToLowerInvariant()}({parameter.Size})",
            SqlDbType.DateTime2 => $"datetime2({(parameter.Scale == 0 ? 7 : parameter.Scale)})",
            SqlDbType.Timestamp => "binary(8)",
            var type => type.ToString().ToLowerInvariant(),
        };
    }
}

/// <summary>
/// Stands where SqlClient's connection would be: takes the commands that the service sends, and answers each column by its name. So
/// the real T-SQL with the real parameters is at hand, without a server.
/// </summary>
internal sealed class RecordingServer
{
    public List<RecordedCommand> Commands { get; } = [];

    private long _number;

    /// <summary>The one row of each table; a table that is not here has none.</summary>
    public Dictionary<string, Dictionary<string, object>> Rows { get; } = new(StringComparer.Ordinal);

    /// <summary>The answer to a statement in place of the one from <see cref="Rows"/>.</summary>
    public Func<string, DataTable?> Override { get; set; } = _ => null;

    public KeyDbContext CreateContext() => new SqlServerKeyDbContext(
        new DbContextOptionsBuilder<SqlServerKeyDbContext>(SqlServerEngine.OptionsFor("Server=none;Database=none", retry: true))
            .UseSqlServer(new Connection(this)).Options);

    public DbConnection NewConnection() => new Connection(this);

    private DataTable[] Answer(string sql)
    {
        var tables = new List<DataTable>();
        foreach (var statement in Schema.Parse(sql).Batches.SelectMany(batch => batch.Statements))
        {
            switch (statement)
            {
                case SelectStatement { QueryExpression: QuerySpecification query }:
                    tables.Add(Select(query));
                    break;
                case DataModificationStatement change when OutputOf(change) is { } output:
                    tables.Add(TableOf([.. output.SelectColumns.OfType<SelectScalarExpression>().Select(Generated)]));
                    break;
            }
        }

        return tables.Count > 0 ? [.. tables] : [new DataTable()];
    }

    /// <summary>What the database fills in.</summary>
    private (string, object) Generated(SelectScalarExpression element) =>
        (element.Expression as ColumnReferenceExpression)?.MultiPartIdentifier.Identifiers[^1].Value switch
        {
            "Revision" => ("Revision", new byte[] { 0, 0, 0, 0, 0, 0, 7, 7 }),
            "Number" => ("Number", ++_number),
            _ => ("One", 1),
        };

    private DataTable Select(QuerySpecification query)
    {
        var table = (query.FromClause?.TableReferences[0] is { } from ? NamesIn(from) : []).FirstOrDefault() ?? "";
        var row = Rows.GetValueOrDefault(table);
        var columns = new List<(string, object)>();
        foreach (var element in query.SelectElements)
        {
            if (element is SelectStarExpression) columns.AddRange(RecordedRows.Of(table).Select(column => (column.Key, column.Value)));
            else if (element is SelectScalarExpression scalar) columns.Add(ValueOf(table, scalar));
        }

        var answer = TableOf([.. columns]);
        if (table.Length > 0 && row is null) answer.Rows.Clear();
        return answer;
    }

    private (string, object) ValueOf(string table, SelectScalarExpression scalar)
    {
        var name = scalar.ColumnName?.Value
            ?? (scalar.Expression as ColumnReferenceExpression)?.MultiPartIdentifier.Identifiers[^1].Value ?? $"Column{scalar.StartOffset}";
        if (scalar.Expression is SearchedCaseExpression) return (name, false);
        var known = Rows.GetValueOrDefault(table) ?? RecordedRows.Of(table);
        return (name, known.GetValueOrDefault(name) ?? DBNull.Value);
    }

    private static OutputClause? OutputOf(DataModificationStatement change) => change switch
    {
        InsertStatement insert => insert.InsertSpecification.OutputClause,
        UpdateStatement update => update.UpdateSpecification.OutputClause,
        DeleteStatement delete => delete.DeleteSpecification.OutputClause,
        _ => null,
    };

    private static DataTable TableOf((string Name, object Value)[] columns)
    {
        var table = new DataTable();
        for (var i = 0; i < columns.Length; i++)
            table.Columns.Add($"{columns[i].Name}{(table.Columns.Contains(columns[i].Name) ? $"{i}" : "")}", columns[i].Value is DBNull ? typeof(object) : columns[i].Value.GetType());
        table.Rows.Add([.. columns.Select(column => column.Value)]);
        return table;
    }

    private static List<string> NamesIn(TSqlFragment fragment)
    {
        var names = new TableNames();
        fragment.Accept(names);
        return names.Found;
    }

    private sealed class TableNames : TSqlFragmentVisitor
    {
        public List<string> Found { get; } = [];

        public override void Visit(NamedTableReference node) => Found.Add(node.SchemaObject.BaseIdentifier.Value);
    }

    private sealed class Connection(RecordingServer server) : DbConnection
    {
        private ConnectionState _state = ConnectionState.Closed;

        [AllowNull]
        public override string ConnectionString { get; set; } = "";

        public override string Database => "none";

        public override string DataSource => "none";

        public override string ServerVersion => "16.00";

        public override ConnectionState State => _state;

        public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

        public override void Close() => _state = ConnectionState.Closed;

        public override void Open() => _state = ConnectionState.Open;

        protected override DbTransaction BeginDbTransaction(System.Data.IsolationLevel isolationLevel)
        {
            // What SqlClient takes to be its default; anything else would stay behind on a pooled connection.
            isolationLevel.ShouldBe(System.Data.IsolationLevel.Unspecified);
            return new Transaction(this);
        }

        protected override DbCommand CreateDbCommand() => new Command(server);
    }

    private sealed class Transaction(DbConnection connection) : DbTransaction
    {
        public override System.Data.IsolationLevel IsolationLevel => System.Data.IsolationLevel.ReadCommitted;

        protected override DbConnection DbConnection => connection;

        public override void Commit()
        {
        }

        public override void Rollback()
        {
        }
    }

    private sealed class Command(RecordingServer server) : DbCommand
    {
        private readonly SqlCommand _parameters = new();

        [AllowNull]
        public override string CommandText { get; set; } = "";

        public override int CommandTimeout { get; set; }

        public override CommandType CommandType { get; set; }

        public override bool DesignTimeVisible { get; set; }

        public override UpdateRowSource UpdatedRowSource { get; set; }

        protected override DbConnection? DbConnection { get; set; }

        protected override DbParameterCollection DbParameterCollection => _parameters.Parameters;

        protected override DbTransaction? DbTransaction { get; set; }

        public override void Cancel()
        {
        }

        public override int ExecuteNonQuery()
        {
            Record();
            return 1;
        }

        public override object? ExecuteScalar()
        {
            Record();
            return null;
        }

        public override void Prepare()
        {
        }

        protected override DbParameter CreateDbParameter() => new SqlParameter();

        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
        {
            Record();
            // Every read asks first whether this is the primary.
            var read = CommandText.StartsWith(SqlServerPrimary.Question, StringComparison.Ordinal) ? CommandText[SqlServerPrimary.Question.Length..].TrimStart() : null;
            if (server.Override(read ?? CommandText) is not { } table) return new DataTableReader(server.Answer(CommandText));
            return new DataTableReader(read is null ? [table] : [.. server.Answer(SqlServerPrimary.Question), table]);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _parameters.Dispose();
            base.Dispose(disposing);
        }

        private void Record() => server.Commands.Add(new(CommandText, [.. _parameters.Parameters.Cast<SqlParameter>()
            .Select(parameter => (SqlParameter)((ICloneable)parameter).Clone())], DbTransaction is not null, CommandTimeout));
    }
}
