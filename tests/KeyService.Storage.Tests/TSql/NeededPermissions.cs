using KeyService.Server.Storage.SqlServer;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace KeyService.Storage.Tests.TSql;

/// <summary>What a statement needs to be allowed, read from its tree.</summary>
internal static class NeededPermissions
{
    /// <summary>Each pair of verb and object, such as <c>INSERT Replicas</c>.</summary>
    public static IReadOnlyCollection<string> Of(string sql)
    {
        var visitor = new Visitor();
        Schema.Parse(sql).Accept(visitor);
        return visitor.Found;
    }

    public static void ShouldBeListed(string sql)
    {
        var listed = SqlServerPermissions.Needed.SelectMany(row => row.Permissions.Select(permission => $"{permission} {row.Object}")).ToHashSet(StringComparer.Ordinal);
        Of(sql).Where(needed => !listed.Contains(needed)).ShouldBeEmpty(sql);
    }

    private sealed class Visitor : TSqlFragmentVisitor
    {
        private readonly HashSet<TableReference> _targets = [];

        public HashSet<string> Found { get; } = new(StringComparer.Ordinal);

        public override void Visit(InsertSpecification node) => Change("INSERT", node.Target, from: null);

        public override void Visit(UpdateSpecification node) => Change("UPDATE", node.Target, node.FromClause);

        public override void Visit(DeleteSpecification node) => Change("DELETE", node.Target, node.FromClause);

        public override void Visit(NextValueForExpression node) => Found.Add($"UPDATE {node.SequenceName.BaseIdentifier.Value}");

        // Visited after the change that it is the target of.
        public override void Visit(NamedTableReference node)
        {
            if (node.SchemaObject.SchemaIdentifier?.Value != "sys" && !_targets.Contains(node)) Found.Add($"SELECT {node.SchemaObject.BaseIdentifier.Value}");
        }

        private void Change(string verb, TableReference target, FromClause? from)
        {
            _targets.Add(target);
            if (target is not NamedTableReference named) return;
            var name = named.SchemaObject.BaseIdentifier.Value;
            var aliases = new Aliases();
            from?.Accept(aliases);
            Found.Add($"{verb} {aliases.Found.GetValueOrDefault(name, name)}");
        }
    }

    private sealed class Aliases : TSqlFragmentVisitor
    {
        public Dictionary<string, string> Found { get; } = new(StringComparer.Ordinal);

        public override void Visit(NamedTableReference node)
        {
            if (node.Alias is { } alias) Found[alias.Value] = node.SchemaObject.BaseIdentifier.Value;
        }
    }
}
