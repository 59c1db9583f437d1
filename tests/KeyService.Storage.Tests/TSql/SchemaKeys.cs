using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace KeyService.Storage.Tests.TSql;

/// <summary>The keys and indexes of a table, read from the script of all migrations.</summary>
internal static class SchemaKeys
{
    /// <summary>After the last migration: what one of them drops is not among them.</summary>
    public static List<string> Of(IEnumerable<TSqlStatement> statements, string table)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var statement in statements)
        {
            switch (statement)
            {
                case CreateTableStatement made when made.SchemaObjectName.BaseIdentifier.Value == table:
                    Add(made.Definition);
                    break;
                case AlterTableAddTableElementStatement added when added.SchemaObjectName.BaseIdentifier.Value == table:
                    Add(added.Definition);
                    break;
                case AlterTableDropTableElementStatement dropped when dropped.SchemaObjectName.BaseIdentifier.Value == table:
                    foreach (var element in dropped.AlterTableDropTableElements) keys.Remove(element.Name.Value);
                    break;
                case CreateIndexStatement index when index.OnName.BaseIdentifier.Value == table:
                    keys[index.Name.Value] = $"{(index.Unique ? "UNIQUE " : "")}INDEX {Names(index.Columns.Select(c => c.Column))}"
                        + (index.IncludeColumns.Count > 0 ? $" INCLUDE {Names(index.IncludeColumns)}" : "");
                    break;
                case DropIndexStatement drop:
                    foreach (var clause in drop.DropIndexClauses.OfType<DropIndexClause>().Where(c => c.Object.BaseIdentifier.Value == table)) keys.Remove(clause.Index.Value);
                    break;
            }
        }

        return [.. keys.Values];

        void Add(TableDefinition definition)
        {
            foreach (var key in definition.TableConstraints.OfType<UniqueConstraintDefinition>())
                keys[key.ConstraintIdentifier.Value] = $"{(key.IsPrimaryKey ? "PRIMARY KEY" : "UNIQUE")} {Names(key.Columns.Select(c => c.Column))}";
        }
    }

    private static string Names(IEnumerable<ColumnReferenceExpression> columns) =>
        string.Join(", ", columns.Select(column => column.MultiPartIdentifier.Identifiers[^1].Value));
}
