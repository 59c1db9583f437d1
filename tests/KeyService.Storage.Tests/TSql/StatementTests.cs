using System.Reflection;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using KeyService.Server.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace KeyService.Storage.Tests.TSql;

/// <summary>The hand-written statements, compiled against the schema of the migrations.</summary>
public sealed class StatementTests
{
    public static TheoryData<string> Names => new(Constants().Select(constant => constant.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_statement_compiles_against_the_schema(string name)
    {
        Schema.Parse(Sql(name));

        Schema.ProblemsOf((Sql(name), Parameter)).Where(IsOurs).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(nameof(SqlServerStatements.LockAuditHead), "[WorkspaceId]", "[WorkspaceID2]")]
    [InlineData(nameof(SqlServerStatements.DeleteAuditEvents), "[event].[Sequence]", "[event].[Number2]")]
    [InlineData(nameof(SqlServerStatements.DeleteAuditEvents), "[AuditEvents]", "[AuditEvent]")]
    [InlineData(nameof(SqlServerStatements.FlushUsage), "[stored].[LastUsedTime] <", "[stored].[LastUsed] <")]
    [InlineData(nameof(SqlServerStatements.FlushUsage), "[used].[UsedTime]", "[used].[Used]")]
    [InlineData(nameof(SqlServerStatements.FlushUsage), "[item].[k]", "[item].[key]")]
    [InlineData(nameof(SqlServerStatements.FlushUsage), "[ApiKeys]", "[Keys]")]
    [InlineData(nameof(SqlServerStatements.FlushUsage), "INTO [KeyUsage] ([KeyId]", "INTO [KeyUsage] ([Key]")]
    public void A_misspelt_name_is_reported(string name, string right, string wrong)
    {
        var sql = Sql(name);
        sql.ShouldContain(right);

        Schema.ProblemsOf((sql.Replace(right, wrong, StringComparison.Ordinal), Parameter))
            .Where(IsOurs).ShouldNotBeEmpty();
    }

    [Fact]
    public void Seconds_that_an_int_cannot_hold_are_not_added()
    {
        // DATEADD takes an int: each number that is not plainly small is cast from something bounded.
        var adds = new Calls("DATEADD");
        Schema.Parse(Sql(nameof(SqlServerStatements.FlushUsage))).Accept(adds);

        adds.Found.Select(call => Schema.TextOf(call.Parameters[0]) + " " + Schema.TextOf(call.Parameters[1])).ShouldBe(
        [
            "microsecond CAST([last].[Time] % 1000000 AS int)",
            "second CAST([last].[Time] / 1000000 % 86400 AS int)",
            "day CAST([last].[Time] / 86400000000 AS int)",
            "minute 1",
        ], ignoreOrder: true);
    }

    [Fact]
    public void A_flush_seeks_every_row_and_locks_no_more_than_rows()
    {
        var tables = new HintedTables();
        Schema.Parse(Sql(nameof(SqlServerStatements.FlushUsage))).Accept(tables);

        // The targets of INSERT and UPDATE have no hints of their own: the UPDATE's is the alias of one that has.
        tables.Found.ShouldBe(
        [
            "stored: ", "KeyUsage: UpdLock HoldLock Rowlock ForceSeek", "KeyUsage: ", "ApiKeys: ForceSeek", "KeyUsage: UpdLock HoldLock Rowlock ForceSeek",
        ], ignoreOrder: true);
        UsageFlusher.Batch.ShouldBeLessThanOrEqualTo(1_000, "a statement that takes 5,000 locks takes the whole table");
    }

    [Fact]
    public void A_purge_of_a_chain_seeks_it_by_an_index_of_the_schema()
    {
        var tables = new HintedTables();
        Schema.Parse(Sql(nameof(SqlServerStatements.DeleteAuditEvents))).Accept(tables);
        using var context = Schema.NewContext();
        var index = context.Model.FindEntityType(typeof(AuditEventRow))!.GetIndexes().Single(index => index.GetDatabaseName() == "IX_AuditEvents_WorkspaceId_Sequence");

        tables.Found.ShouldBe(["event: ", "AuditEvents: Rowlock ForceSeek"], ignoreOrder: true);
        Sql(nameof(SqlServerStatements.DeleteAuditEvents)).ShouldContain(
            $"FORCESEEK ([{index.GetDatabaseName()}] ({string.Join(", ", index.Properties.Select(property => $"[{property.GetColumnName()}]"))}))");
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(-1, false)]
    [InlineData(-2, false)]
    [InlineData(-3, false)]
    [InlineData(-999, false)]
    [InlineData(null, false)]
    public void Only_what_sp_getapplock_grants_is_taken(int? result, bool taken) =>
        SqlServerStartLock.IsEntered(result).ShouldBe(taken);

    /// <summary>The model knows no objects of the system.</summary>
    internal static bool IsOurs(string problem) =>
        !problem.Contains("[sys].[databases]", StringComparison.Ordinal) && !problem.Contains("[sys].[database_recovery_status]", StringComparison.Ordinal) && !problem.Contains("sp_getapplock", StringComparison.Ordinal);

    internal static IEnumerable<FieldInfo> Constants() =>
        typeof(SqlServerStatements).GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static).Where(constant => constant.IsLiteral);

    /// <summary>What a raw parameter arrives as.</summary>
    private const string Parameter = "@p0 nvarchar(max) = NULL, @p1 bigint = NULL, @database nvarchar(128) = NULL, @milliseconds int = NULL";

    private static string Sql(string name) =>
        ((string)typeof(SqlServerStatements).GetField(name)!.GetRawConstantValue()!)
        .Replace("{0}", "@p0", StringComparison.Ordinal).Replace("{1}", "@p1", StringComparison.Ordinal);

    private sealed class HintedTables : TSqlFragmentVisitor
    {
        public List<string> Found { get; } = [];

        public override void Visit(NamedTableReference node) =>
            Found.Add($"{node.SchemaObject.BaseIdentifier.Value}: {string.Join(' ', node.TableHints.Select(hint => hint.HintKind))}");
    }

    private sealed class Calls(string name) : TSqlFragmentVisitor
    {
        public List<FunctionCall> Found { get; } = [];

        public override void Visit(FunctionCall node)
        {
            if (string.Equals(node.FunctionName.Value, name, StringComparison.OrdinalIgnoreCase)) Found.Add(node);
        }
    }
}
