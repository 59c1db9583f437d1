using System.Data;
using System.Reflection;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace KeyService.Storage.Tests.TSql;

/// <summary>The commands of replication as they are sent, compiled against the schema of the migrations.</summary>
public sealed class FeedStatementTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    private static readonly FeedStep[] WholeCycle = [FeedStep.Register, FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges];

    /// <summary>Every order of every choice of steps, for a row that is there and one that is not.</summary>
    private static IEnumerable<SqlCommand> Cycles() =>
        from steps in Orders([], Enum.GetValues<FeedStep>())
        where steps.Length > 0
        from known in new[] { 0L, 7L }
        select SqlServerFeedCommands.Cycle(steps, Request(known));

    private static IEnumerable<SqlCommand> Others() =>
    [
        SqlServerFeedCommands.Cycle([FeedStep.ReadWatermark, FeedStep.ReadChanges, FeedStep.ReadWatermark], Request(7)),
        SqlServerFeedCommands.Report(Id, 5, 4),
        SqlServerFeedCommands.Look(drawTicket: true),
        SqlServerFeedCommands.Look(drawTicket: false),
        SqlServerFeedCommands.Remove(Id, 3),
        SqlServerFeedCommands.Remove(Id, null),
        SqlServerFeedCommands.RenewEpoch(),
        SqlServerFeedCommands.ReadFingerprints(),
        SqlServerFeedCommands.AddFingerprint(new() { Generation = '2', Fingerprint = new byte[32] }),
    ];

    [Fact]
    public void Every_command_compiles_with_its_parameters_in_every_order_of_the_steps()
    {
        var commands = Cycles().Concat(Others()).Select(Recorded).ToList();
        commands.Count.ShouldBe(2 * (4 + 12 + 24 + 24) + 9);

        foreach (var command in commands) Schema.Parse(command.Text);
        Schema.ProblemsOf(commands.Select(command => (command.Text, command.Declarations))).Where(StatementTests.IsOurs).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(nameof(SqlServerFeedStatements.RegisterNew), "[Generations]", "[Generation]")]
    [InlineData(nameof(SqlServerFeedStatements.RegisterAgain), "[Beat] BETWEEN", "[Beats] BETWEEN")]
    [InlineData(nameof(SqlServerFeedStatements.DrawTicket), "[ReplicaTickets]", "[Tickets]")]
    [InlineData(nameof(SqlServerFeedStatements.ReadWatermark), "[RenewTime]", "[RenewedTime]")]
    [InlineData(nameof(SqlServerFeedStatements.ReadChanges), "[Revision] >", "[Version] >")]
    [InlineData(nameof(SqlServerFeedStatements.Report), "[Horizon] <", "[Horizons] <")]
    [InlineData(nameof(SqlServerFeedStatements.ReadReplicas), "[StartTime]", "[Start]")]
    [InlineData(nameof(SqlServerFeedStatements.Remove), "[Replicas]", "[Replica]")]
    [InlineData(nameof(SqlServerFeedStatements.RenewEpoch), "[StoreEpochs] WITH", "[StoreEpoch] WITH")]
    [InlineData(nameof(SqlServerFeedStatements.ReadFingerprints), "[MasterKeyFingerprints]", "[Fingerprints]")]
    [InlineData(nameof(SqlServerFeedStatements.AddFingerprint), "HOLDLOCK) WHERE [Generation]", "HOLDLOCK) WHERE [Id]")]
    public void A_misspelt_name_is_reported(string name, string right, string wrong)
    {
        var sql = (string)typeof(SqlServerFeedStatements).GetField(name, BindingFlags.Public | BindingFlags.Static)!.GetRawConstantValue()!;
        sql.ShouldContain(right);
        var declarations = string.Join(", ", Cycles().Concat(Others()).Select(Recorded).SelectMany(command => command.Declarations.Split(", ")).Where(d => d.Length > 0).Distinct());

        Schema.ProblemsOf((sql.Replace(right, wrong, StringComparison.Ordinal), declarations))
            .Where(StatementTests.IsOurs).ShouldNotBeEmpty();
    }

    [Fact]
    public void Parameters_have_the_types_of_their_columns()
    {
        var types = Cycles().Concat(Others()).SelectMany(command => command.Parameters.Cast<SqlParameter>())
            .Select(parameter => $"{parameter.ParameterName} {RecordedCommand.TypeOf(parameter)}").Distinct();

        types.ShouldBe(
        [
            "@id char(32)", "@ticket bigint", "@applied bigint", "@lease bigint", "@generations varchar(62)", "@address nvarchar(256)",
            "@start datetime2(6)", "@known bigint", "@sent bigint", "@beat bigint", "@count int", "@horizon binary(8)",
            "@generation varchar(1)", "@fingerprint binary(32)",
        ], ignoreOrder: true);
    }

    [Fact]
    public void A_batch_has_its_steps_in_the_order_given_each_a_statement_and_no_transaction()
    {
        foreach (var steps in Orders([], Enum.GetValues<FeedStep>()).Where(steps => steps.Length > 1))
        {
            using var command = SqlServerFeedCommands.Cycle(steps, Request(7));
            var places = steps.Select(step => command.CommandText.IndexOf(SqlServerFeedStatements.Of(step, isNew: false), StringComparison.Ordinal)).ToList();

            places.ShouldAllBe(place => place > 0);
            places.ShouldBe(places.Order());
            Schema.Parse(command.CommandText).Batches.ShouldHaveSingleItem().Statements.ShouldAllBe(statement => !(statement is TransactionStatement));
        }
    }

    [Fact]
    public void Nothing_is_read_past_a_lock_and_the_epoch_changes_with_the_replicas()
    {
        foreach (var text in Cycles().Concat(Others()).Select(command => command.CommandText))
        {
            text.ShouldStartWith("SET XACT_ABORT ON; SET NOCOUNT ON;");
            text.ShouldNotContain("NOLOCK");
            text.ShouldNotContain("READPAST");
            text.ShouldNotContain("ISOLATION LEVEL");
            text.ShouldNotContain("MERGE ");
        }

        using var renew = SqlServerFeedCommands.RenewEpoch();
        Schema.Parse(renew.CommandText).Batches[0].Statements.Select(statement => statement.GetType().Name).ShouldBe(
            ["PredicateSetStatement", "PredicateSetStatement", "SelectStatement", "BeginTransactionStatement", "UpdateStatement", "IfStatement", "DeleteStatement", "CommitTransactionStatement"]);
    }

    [Fact]
    public async Task The_answers_of_a_cycle_are_read_in_the_order_of_its_steps()
    {
        var time = new DateTime(2027, 3, 4, 5, 6, 7, DateTimeKind.Unspecified);
        var epoch = new byte[16];
        var tables = new Dictionary<FeedStep, DataTable>
        {
            [FeedStep.Register] = Table([1]),
            [FeedStep.DrawTicket] = Table([42L]),
            [FeedStep.ReadWatermark] = Table([77L, epoch, time, time]),
            [FeedStep.ReadChanges] = Table(["key_1", SqlServerFeedAnswers.BytesOf(70)], ["key_2", SqlServerFeedAnswers.BytesOf(0x1234)]),
        };
        foreach (var steps in Orders([], Enum.GetValues<FeedStep>()).Where(steps => steps.Length == WholeCycle.Length))
        {
            using var reader = new DataTableReader([.. steps.Select(step => tables[step])]);
            var answer = await SqlServerReplicationStore.ReadCycleAsync(steps, reader, Guid.Empty, CancellationToken.None);

            (answer.Registered, answer.Ticket, answer.Watermark).ShouldBe((true, 42, 77));
            answer.Epoch.ShouldBe(new(new('0', 32), new(time, TimeSpan.Zero), Guid.Empty));
            answer.DatabaseTime.ShouldBe(new(time, TimeSpan.Zero));
            answer.Changes.ShouldBe([new("key_1", 70), new("key_2", 0x1234)]);
        }
    }

    [Fact]
    public async Task Generations_are_read_with_their_fingerprints()
    {
        byte[] second = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        using var reader = new DataTableReader(Table(["1", new byte[32]], ["b", second]));

        (await SqlServerReplicationStore.ReadFingerprintsAsync(reader, CancellationToken.None)).Select(row => (row.Generation, Convert.ToHexString(row.Fingerprint)))
            .ShouldBe([('1', new string('0', 64)), ('b', Convert.ToHexString(second))]);
    }

    [Fact]
    public void The_epoch_is_the_row_and_the_fork()
    {
        const string Row = "000102030405060708090a0b0c0d0e0f";
        var fork = new Guid("00112233-4455-6677-8899-aabbccddeeff");

        new StoreEpoch(Row, null).Id.ShouldBe(Row);
        string[] ids = [new StoreEpoch(Row, null).Id, new StoreEpoch(Row, null, fork).Id, new StoreEpoch(Row, null, Guid.Empty).Id, new StoreEpoch(new('0', 32), null, fork).Id];
        ids.ShouldBeUnique();
        ids.ShouldAllBe(id => id.Length == 32);
    }

    private static FeedRequest Request(long known) => new(
        new(Id, known, known + 1, 5, 4, TimeSpan.FromSeconds(30), "21", "10.0.0.1:8081", new(2027, 3, 4, 5, 6, 7, TimeSpan.Zero)), 100, 10_000);

    private static IEnumerable<FeedStep[]> Orders(FeedStep[] begun, FeedStep[] left) =>
        [begun, .. left.SelectMany(step => Orders([.. begun, step], [.. left.Where(other => other != step)]))];

    private static RecordedCommand Recorded(SqlCommand command) => new(command.CommandText, [.. command.Parameters.Cast<SqlParameter>()], InTransaction: false);

    private static DataTable Table(params object[][] rows)
    {
        var table = new DataTable();
        foreach (var value in rows[0]) table.Columns.Add("", value.GetType());
        foreach (var row in rows) table.Rows.Add(row);
        return table;
    }
}
