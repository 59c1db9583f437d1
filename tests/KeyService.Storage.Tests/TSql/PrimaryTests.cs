using System.Data;
using KeyService.Server.Audit;
using KeyService.Server.Hosting;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using KeyService.Storage.Tests.Stores;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Storage.Tests.TSql;

/// <summary>A copy that can be read lags: whatever it answers is no answer.</summary>
public sealed class PrimaryTests
{
    private static readonly FeedStep[] Steps = [FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges];

    private readonly RecordingServer _server = new();

    public static TheoryData<string?, bool> Answers => new() { { "READ_WRITE", true }, { null, true }, { "READ_ONLY", false }, { "READ_ONLY_WITH_A_WORD_OF_LATER", false } };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task The_look_up_asks_in_its_own_round_trip(string? updateability, bool isServed)
    {
        Is(updateability);
        await using var context = _server.CreateContext();
        var find = StoreQueries.CompileFindKey();
        _server.Rows["KeySecrets"] = _server.Rows["ApiKeys"] = RecordedRows.Of("ApiKeys");
        if (isServed) (await find(context, new byte[32], CancellationToken.None))!.KeyId.ShouldBe(RecordedRows.KeyId);
        else await RefusesAsync(() => find(context, new byte[32], CancellationToken.None));

        // A key that is not there is no answer either: the copy may not have it yet.
        _server.Rows.Remove("KeySecrets");
        if (isServed) (await find(context, new byte[32], CancellationToken.None)).ShouldBeNull();
        else await RefusesAsync(() => find(context, new byte[32], CancellationToken.None));

        _server.Commands.Count.ShouldBe(2);
        _server.Commands.ShouldAllBe(command => command.Text.StartsWith(SqlServerPrimary.Question, StringComparison.Ordinal));
        Schema.ProblemsOf(_server.Commands.Select(command => (command.Text, command.Declarations))).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_read_of_management_answers_from_a_copy()
    {
        Is("READ_ONLY");
        await using var files = new SqliteTestStore();
        var engine = new InterceptedEngine(new SqlServerEngine("Server=none;Database=none", TimeProvider.System), _ => throw new NotSupportedException()) { Contexts = _server.CreateContext };
        await using var services = new ServiceCollection().AddKeyService(files.Options, engine, new([TestStore.NewMasterKey('1')])).BuildServiceProvider();
        var queries = services.GetRequiredService<KeyQueries>();

        await RefusesAsync(() => queries.GetAsync("w1", RecordedRows.KeyId, CancellationToken.None));
        await RefusesAsync(() => queries.ListAsync(new("w1", "", null, default, null, 50), CancellationToken.None));
        await RefusesAsync(() => queries.ListWorkspacesAsync(10, CancellationToken.None));
        await RefusesAsync(() => services.GetRequiredService<AuditQueries>().ListAsync("w1", "", null, 50, CancellationToken.None));
        await RefusesAsync(() => services.GetRequiredService<StatusChanger>().ChangeAsync(
            new("w1", RecordedRows.KeyId, KeyStatus.Disabled, "because", "", PropagationWait: null), new("key_requester", "someone"), CredentialRights.None, DateTime.MaxValue, CancellationToken.None));
    }

    [Fact]
    public async Task The_refusal_of_a_copy_names_the_setting_and_is_one_line_at_the_start()
    {
        Is("READ_ONLY");
        await using var context = _server.CreateContext();
        var refusal = await RefusesAsync(() => StoreQueries.CompileFindKey()(context, new byte[32], CancellationToken.None));

        refusal.Failure.ShouldContain("READ_ONLY");
        var line = StoreStart.Explain(refusal).ShouldNotBeNull().Message;
        line.ShouldContain("ConnectionStrings:SqlServer");
        line.ShouldNotContain("\n");
    }

    [Fact]
    public void Every_batch_of_replication_asks_first_and_the_settings_go_behind()
    {
        using var cycle = SqlServerFeedCommands.Cycle(Steps, new(ReplicationTests.Replica(known: 1), 5, 10));
        foreach (var text in new[] { cycle.CommandText, SqlServerFeedCommands.Look(drawTicket: true).CommandText, SqlServerFeedCommands.ReadFingerprints().CommandText })
        {
            text.ShouldStartWith($"{SqlServerFeedStatements.Settings}\n{SqlServerPrimary.Question}\n");
            var asking = SqlServerFeedStatements.WithSettings(text);
            asking.ShouldStartWith($"{SqlServerFeedStatements.Settings}\n{SqlServerPrimary.Question}\n{SqlServerFeedStatements.ReadSettings}\n");
            asking.Replace($"{SqlServerFeedStatements.ReadSettings}\n", "", StringComparison.Ordinal).ShouldBe(text);
            Schema.Parse(asking);
        }
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task The_answer_of_a_batch_is_taken_before_its_others(string? updateability, bool isServed)
    {
        using var reader = new DataTableReader([Table((object?)updateability ?? DBNull.Value), Table(42L)]);
        var primary = new SqlServerPrimary(TimeProvider.System);
        if (!isServed)
        {
            await RefusesAsync(async () =>
            {
                await primary.CheckAsync(reader, connection: null, CancellationToken.None);
                return true;
            });
            return;
        }

        await primary.CheckAsync(reader, connection: null, CancellationToken.None);
        (await reader.ReadAsync()).ShouldBeTrue();
        reader.GetInt64(0).ShouldBe(42);
    }

    [Fact]
    public void The_pool_of_each_connection_string_is_emptied_and_none_of_them_at_every_call()
    {
        var (time, cleared) = (new FakeTimeProvider(), new List<string>());
        var primary = new SqlServerPrimary(time, allowsCopy: false, connection => cleared.Add(connection.Database));
        using var management = new SqlConnection("Server=none;Database=management");
        using var validation = new SqlConnection("Server=none;Database=validation");
        void Refuse(SqlConnection connection) =>
            Should.Throw<StoreUnavailableException>(() => primary.Check(new DataTableReader([Table("READ_ONLY")]), connection));

        for (var i = 0; i < 2; i++)
        {
            Refuse(management);
            Refuse(validation);
        }

        cleared.ShouldBe(["management", "validation"]);
        time.Advance(TimeSpan.FromSeconds(1));
        Refuse(validation);
        Refuse(management);
        cleared.ShouldBe(["management", "validation", "validation", "management"]);
    }

    private void Is(string? updateability) => _server.Rows[""] = new() { ["Updateability"] = (object?)updateability ?? DBNull.Value };

    private static Task<StoreUnavailableException> RefusesAsync<T>(Func<Task<T>> read) => Should.ThrowAsync<StoreUnavailableException>(read);

    private static DataTable Table(object value)
    {
        var table = new DataTable();
        table.Columns.Add("", value is DBNull ? typeof(string) : value.GetType());
        table.Rows.Add(value);
        return table;
    }
}
