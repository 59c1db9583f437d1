using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace KeyService.Storage.Tests.TSql;

/// <summary>The migrations, read as SQL Server would read them.</summary>
public sealed class SchemaTests
{
    private static readonly List<TSqlStatement> Statements =
        Schema.Parse(Schema.MigrationScript(idempotent: false)).Batches.SelectMany(batch => batch.Statements).ToList();

    private static readonly List<(string Table, ColumnDefinition Column)> Columns = Statements.OfType<CreateTableStatement>()
        .SelectMany(table => table.Definition.ColumnDefinitions.Select(column => (table.SchemaObjectName.BaseIdentifier.Value, column)))
        .Concat(Statements.OfType<AlterTableAddTableElementStatement>()
            .SelectMany(table => table.Definition.ColumnDefinitions.Select(column => (table.SchemaObjectName.BaseIdentifier.Value, column)))).ToList();

    [Fact]
    public void The_scripts_are_T_SQL()
    {
        Schema.Parse(Schema.CreateScript());
        Schema.Parse(Schema.MigrationScript(idempotent: false));
        Schema.Parse(Schema.MigrationScript(idempotent: true));
    }

    [Fact]
    public void The_schema_compiles()
    {
        using var model = Schema.Compile();

        model.Validate().Select(message => message.Message).ShouldBeEmpty();
    }

    [Fact]
    public void The_migrations_make_what_the_model_says()
    {
        using var sqlServer = Schema.NewContext();
        sqlServer.Database.HasPendingModelChanges().ShouldBeFalse("dotnet ef migrations add ... --context SqlServerKeyDbContext");
        using var sqlite = new SqliteKeyDbContext(SqliteEngine.OptionsFor("none.db"));
        sqlite.Database.HasPendingModelChanges().ShouldBeFalse("dotnet ef migrations add ... --context SqliteKeyDbContext");
    }

    [Fact]
    public void Both_engines_have_the_same_tables_but_for_the_counter()
    {
        using var sqlServer = Schema.NewContext();
        using var sqlite = new SqliteKeyDbContext(SqliteEngine.OptionsFor("none.db"));

        TablesOf(sqlite).ShouldBe(TablesOf(sqlServer).Append("RevisionCounter"), ignoreOrder: true);
    }

    [Fact]
    public void The_one_rowversion_is_that_of_the_keys() =>
        Columns.Where(c => TypeOf(c.Column).ToLowerInvariant() is "rowversion" or "timestamp")
            .ShouldHaveSingleItem().ShouldSatisfyAllConditions(c => c.Table.ShouldBe("ApiKeys"), c => c.Column.ColumnIdentifier.Value.ShouldBe("Revision"));

    [Fact]
    public void Ids_are_compared_byte_by_byte()
    {
        var ids = Columns.Where(c => c.Table != "__EFMigrationsHistory" && TypeOf(c.Column) is var type
            && (type.StartsWith("varchar(", StringComparison.Ordinal) || type.StartsWith("char(", StringComparison.Ordinal))).ToList();

        ids.ShouldAllBe(c => c.Column.Collation != null && c.Column.Collation.Value.EndsWith("_BIN2", StringComparison.Ordinal));
        var names = ids.Select(c => $"{c.Table}.{c.Column.ColumnIdentifier.Value}").ToList();
        // Every column that is called an id, but for the events' own, is among them; and what else is compared.
        foreach (var (table, column) in Columns.Where(c => c.Column.ColumnIdentifier.Value is var n && n.EndsWith("Id", StringComparison.Ordinal) && n is not ("MigrationId" or "EventId" or "Id")))
            names.ShouldContain($"{table}.{column.ColumnIdentifier.Value}");
        string[] others = ["ApiKeys.Hint", "ApiKeys.CreatedBy", "KeySecrets.Generation", "MasterKeyFingerprints.Generation", "SessionKeys.Generation", "RequestRecords.Rpc", "AuditEvents.Actor"];
        foreach (var other in others) names.ShouldContain(other);
    }

    [Theory]
    [InlineData("ApiKeys", "Search")]
    [InlineData("ApiKeys", "NameOrder")]
    public void Texts_that_are_searched_and_sorted_are_folded_by_the_service_and_compared_byte_by_byte(string table, string column) =>
        Columns.Single(c => c.Table == table && c.Column.ColumnIdentifier.Value == column).Column.Collation.Value.ShouldEndWith("_BIN2");

    [Fact]
    public void Every_time_is_kept_to_the_microsecond()
    {
        var times = Columns.Where(c => c.Column.ColumnIdentifier.Value.EndsWith("Time", StringComparison.Ordinal)).ToList();

        times.Count.ShouldBe(13);
        times.ShouldAllBe(c => TypeOf(c.Column) == "datetime2(6)");
    }

    [Fact]
    public void A_digest_is_32_bytes_and_there_once()
    {
        TypeOf(Columns.Single(c => c is { Table: "KeySecrets", Column.ColumnIdentifier.Value: "Digest" }).Column).ShouldBe("binary(32)");
        SchemaKeys.Of(Statements, "KeySecrets").ShouldBe(["PRIMARY KEY Number", "INDEX KeyId", "UNIQUE INDEX Digest INCLUDE KeyId, RetireTime"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("KeySecrets")]
    [InlineData("AuditEvents")]
    public void Large_rows_lie_in_the_order_of_their_inserts_and_older_versions_need_not_know_the_number(string table)
    {
        var number = Columns.Single(c => c.Table == table && c.Column.ColumnIdentifier.Value == "Number").Column;
        number.IdentityOptions.ShouldNotBeNull("the database fills it in");
        TypeOf(number).ShouldBe("bigint");
        using var context = Schema.NewContext();
        var entity = context.GetService<IDesignTimeModel>().Model.GetEntityTypes().Single(type => type.GetTableName() == table);
        entity.FindPrimaryKey()!.IsClustered().ShouldBe(true);
        entity.FindProperty("Number")!.IsShadowProperty().ShouldBeTrue();
    }

    [Fact]
    public void Each_list_has_its_index()
    {
        SchemaKeys.Of(Statements, "ApiKeys").ShouldBe(
        [
            "PRIMARY KEY KeyId", "UNIQUE INDEX Revision", "UNIQUE INDEX WorkspaceId, CreateTime, KeyId INCLUDE Status, Search",
            "UNIQUE INDEX WorkspaceId, NameOrder, KeyId",
        ], ignoreOrder: true);
        SchemaKeys.Of(Statements, "AuditEvents").ShouldBe(
        [
            "PRIMARY KEY Number", "UNIQUE INDEX WorkspaceId, Sequence INCLUDE EventTime, Mac", "UNIQUE INDEX WorkspaceId, KeyId, Sequence", "UNIQUE INDEX EventId",
            "INDEX EventTime INCLUDE WorkspaceId",
        ], ignoreOrder: true);
        SchemaKeys.Of(Statements, "RequestRecords").ShouldBe(["PRIMARY KEY CallerId, WorkspaceId, Rpc, RequestId", "INDEX CreateTime"], ignoreOrder: true);
        SchemaKeys.Of(Statements, "KeyUsage").ShouldBe(["PRIMARY KEY KeyId"]);
        // Five updates a second of each replica: no index to keep but the one that finds the row.
        SchemaKeys.Of(Statements, "Replicas").ShouldBe(["PRIMARY KEY ReplicaId"]);
    }

    [Fact]
    public void No_index_key_is_longer_than_the_server_takes()
    {
        // 900 bytes clustered, 1,700 otherwise.
        foreach (var table in Columns.Select(c => c.Table).Distinct())
        {
            foreach (var key in SchemaKeys.Of(Statements, table))
            {
                var bytes = key[(key.IndexOf(key.Contains("KEY", StringComparison.Ordinal) ? "KEY " : "INDEX ", StringComparison.Ordinal) + 4)..]
                    .Split(" INCLUDE")[0].Replace("X ", "", StringComparison.Ordinal).Split(", ")
                    .Sum(name => BytesOf(Columns.Single(c => c.Table == table && c.Column.ColumnIdentifier.Value == name.Trim()).Column));
                bytes.ShouldBeLessThanOrEqualTo(key.StartsWith("PRIMARY", StringComparison.Ordinal) ? 900 : 1_700, $"{table}: {key}");
            }
        }
    }

    [Fact]
    public void A_revision_sorts_as_its_bytes_do()
    {
        using var context = Schema.NewContext();
        var converter = context.Model.FindEntityType(typeof(ApiKeyRow))!.FindProperty(nameof(ApiKeyRow.Revision))!.GetTypeMapping().Converter!;
        long[] revisions = [1, 2, 255, 256, 65_536, 0x0102030405060708, long.MaxValue];

        var bytes = revisions.Select(revision => (byte[])converter.ConvertToProvider(revision)!).ToList();

        bytes.ShouldAllBe(b => b.Length == 8);
        bytes.Select(Convert.ToHexString).ShouldBe(bytes.Select(Convert.ToHexString).Order(StringComparer.Ordinal));
        bytes.Select(b => (long)converter.ConvertFromProvider(b)!).ShouldBe(revisions);
        Convert.ToHexString(bytes[5]).ShouldBe("0102030405060708");
    }

    [Fact]
    public void Tickets_come_from_a_sequence_that_never_begins_anew()
    {
        var sequence = Statements.OfType<CreateSequenceStatement>().ShouldHaveSingleItem();
        var options = sequence.SequenceOptions.ToDictionary(option => option.OptionKind, option => option);

        sequence.Name.BaseIdentifier.Value.ShouldBe("ReplicaTickets");
        options[SequenceOptionKind.Cycle].NoValue.ShouldBeTrue();
        Schema.TextOf(options[SequenceOptionKind.Start]).ShouldBe("START WITH 1");
        Schema.TextOf(options[SequenceOptionKind.Increment]).ShouldBe("INCREMENT BY 1");
        options.ShouldNotContainKey(SequenceOptionKind.As, "bigint is the default");
    }

    [Fact]
    public void Going_back_drops_every_table()
    {
        using var context = Schema.NewContext();
        var script = context.GetService<IMigrator>().GenerateScript(context.Database.GetMigrations().Last(), Migration.InitialDatabase);

        Schema.Parse(script).Batches.SelectMany(batch => batch.Statements).OfType<DropTableStatement>()
            .Select(drop => drop.Objects[0].BaseIdentifier.Value).ShouldBe(TablesOf(context), ignoreOrder: true);
    }

    private static List<string> TablesOf(KeyDbContext context) => context.Model.GetEntityTypes().Select(type => type.GetTableName()!).ToList();

    private static string TypeOf(ColumnDefinition column) => Schema.TextOf(column.DataType);

    private static int BytesOf(ColumnDefinition column)
    {
        var type = TypeOf(column);
        var open = type.IndexOf('(', StringComparison.Ordinal);
        var length = open > 0 && !type.StartsWith("datetime2", StringComparison.Ordinal)
            ? int.Parse(type[(open + 1)..^1], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
        return type.StartsWith("nvarchar", StringComparison.Ordinal) ? 2 * length : length > 0 ? length : type == "uniqueidentifier" ? 16 : 8;
    }
}
