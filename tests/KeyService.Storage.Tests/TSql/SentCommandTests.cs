using System.Data;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using KeyService.Server.Audit;
using KeyService.Server.Hosting;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Sessions;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Storage.Tests.TSql;

/// <summary>Whatever the service sends to SQL Server, taken from its own calls, compiled against the schema of the migrations.</summary>
public sealed class SentCommandTests : IAsyncDisposable
{
    private static readonly Requester Requester = new(new Actor("key_requester", "someone"), CredentialRights.None);

    private readonly RecordingServer _server = new();
    private readonly SqliteTestStore _files = new();
    private readonly ServiceProvider _services;
    private readonly MasterKey _masterKey = TestStore.NewMasterKey('1');

    public SentCommandTests()
    {
        var engine = new InterceptedEngine(new SqlServerEngine("Server=none;Database=none", TimeProvider.System), _ => throw new NotSupportedException())
        {
            Contexts = _server.CreateContext,
        };
        _services = new ServiceCollection().AddKeyService(_files.Options, engine, new([_masterKey]))
            .AddSingleton<TimeProvider>(new FakeTimeProvider(new(2027, 3, 4, 5, 6, 7, TimeSpan.Zero))).BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _files.DisposeAsync();
    }

    [Fact]
    public async Task A_first_key_of_a_workspace()
    {
        await Get<KeyIssuer>().CreateAsync(Request(), "r1", Requester, CancellationToken.None);

        Tables("INSERT INTO").ShouldBe(["ApiKeys", "AuditEvents", "AuditHeads", "KeySecrets", "RequestRecords"], ignoreOrder: true);
        _server.Commands.ShouldAllBe(command => command.InTransaction);
        _server.Commands.ShouldAllBe(command => !command.Text.Contains("SAVE TRANSACTION"), "a round trip each, under the chain lock");
        _server.Commands[^1].Text.ShouldContain("INSERT INTO [ApiKeys]", Case.Sensitive, "the key row last");
        HoldsForAll();
    }

    [Fact]
    public async Task One_more_key()
    {
        Put("AuditHeads");
        var issued = await Get<KeyIssuer>().CreateAsync(Request(), "", Requester, CancellationToken.None);

        issued.Key.Revision.ShouldBe(0x707, "what the database drew");
        Tables("UPDATE").ShouldBe(["AuditHeads"]);
        HoldsForAll();
    }

    [Fact]
    public async Task A_repeated_request()
    {
        Put("AuditHeads", "ApiKeys", "KeyUsage");
        _server.Rows["RequestRecords"] = new(RecordedRows.Of("RequestRecords")) { ["Fingerprint"] = Request().Fingerprint() };
        var apiKey = ApiKeyText.Generate("ks", KeyEnvironment.Live, _masterKey);
        var digest = ApiKeyDigest.Of(apiKey, new([_masterKey]));
        _server.Rows["KeySecrets"] = new(RecordedRows.Of("KeySecrets"))
        {
            ["Digest"] = digest.ToArray(),
            ["Sealed"] = SealedKey.Seal(_masterKey, apiKey, "w1", RecordedRows.KeyId, digest),
        };

        var repeated = await Get<KeyIssuer>().CreateAsync(Request(), "r1", Requester, CancellationToken.None);
        (await Get<KeyRevealer>().RevealAsync("w1", RecordedRows.KeyId, Requester.Actor, CancellationToken.None)).ShouldBe(apiKey);

        repeated.ApiKey.ShouldBe(apiKey);
        Tables("INSERT INTO").ShouldBe(["AuditEvents", "AuditEvents"]);
        HoldsForAll();
    }

    [Fact]
    public async Task A_request_id_that_is_taken_over()
    {
        Put("AuditHeads");
        _server.Rows["RequestRecords"] = new(RecordedRows.Of("RequestRecords")) { ["CreateTime"] = new DateTime(2020, 1, 1) };

        await Get<KeyIssuer>().CreateAsync(Request(), "r1", Requester, CancellationToken.None);

        Tables("UPDATE").ShouldBe(["AuditHeads"]);
        _server.Commands.Count(command => command.Text.StartsWith("DELETE FROM [r]", StringComparison.Ordinal)).ShouldBe(1, "by condition: another process may remove it in the same moment");
        HoldsForAll();
    }

    [Fact]
    public async Task A_changed_status()
    {
        Put("AuditHeads", "ApiKeys");
        var (view, _) = await Get<StatusChanger>().ChangeAsync(
            new("w1", RecordedRows.KeyId, KeyStatus.Disabled, "because", Etag.Of(0x701), PropagationWait: null), Requester.Actor, CredentialRights.None, DateTime.MaxValue, CancellationToken.None);

        view.Key.Revision.ShouldBe(0x707);
        var last = _server.Commands[^1];
        last.Text.ShouldContain("UPDATE [ApiKeys]", Case.Sensitive, "the key row last");
        last.Text.ShouldContain("OUTPUT INSERTED.[Revision]");
        last.Text.ShouldMatch(@"WHERE \[KeyId\] = @\w+ AND \[Revision\] = @\w+");
        _server.Commands.ShouldContain(command => command.Text.Contains("WITH (UPDLOCK, HOLDLOCK, ROWLOCK)"));
        HoldsForAll();
    }

    [Fact]
    public async Task Lists_in_every_order()
    {
        Put("ApiKeys");
        var queries = Get<KeyQueries>();
        foreach (var order in Enum.GetValues<KeyOrder>())
        {
            foreach (var query in new[] { "", "a%_[]^\\'é" })
            {
                foreach (var status in new KeyStatus?[] { null, KeyStatus.Disabled })
                {
                    foreach (var after in new[] { null, new KeyPosition(1_234_567, "A KEY", RecordedRows.KeyId) })
                        await queries.ListAsync(new("w1", query, status, order, after, 50), CancellationToken.None);
                }
            }
        }

        await queries.GetAsync("w1", RecordedRows.KeyId, CancellationToken.None);
        await queries.ListWorkspacesAsync(1_000, CancellationToken.None);

        // Behind a position in the order of names there are two: the rest of its name, and what follows.
        _server.Commands.Count.ShouldBe(30);
        foreach (var searched in _server.Commands.Where(command => command.Text.Contains("LIKE")))
        {
            searched.Text.ShouldContain(@"ESCAPE N'\'");
            searched.Parameters.ShouldContain(parameter => Equals(parameter.Value, @"%A\%\_\[]^\\'É%"));
        }

        HoldsForAll();
    }

    [Fact]
    public async Task A_search_for_what_every_hint_may_contain()
    {
        Put("ApiKeys");
        await Get<KeyQueries>().ListAsync(new("w1", "s_live_..", null, KeyOrder.NewestFirst, null, 50), CancellationToken.None);

        var searched = _server.Commands.ShouldHaveSingleItem();
        searched.Text.ShouldContain(@"ESCAPE N'\'");
        searched.Parameters.ShouldContain(parameter => Equals(parameter.Value, "%S\\_LIVE\\_..%\u001f%"));
        HoldsForAll();
    }

    [Fact]
    public async Task Audit_events_read_checked_and_purged()
    {
        Put("AuditHeads", "AuditEvents");
        await Get<AuditQueries>().ListAsync("w1", "", null, 50, CancellationToken.None);
        await Get<AuditQueries>().ListAsync("w1", RecordedRows.KeyId, 17, 50, CancellationToken.None);
        var listed = _server.Commands.Count;
        await Get<AuditPurger>().PurgeAsync(new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero), CancellationToken.None);
        await Get<RequestRecords>().PurgeAsync(CancellationToken.None);

        var deletes = _server.Commands.Where(command => command.Text.Contains("DELETE ")).Select(command => command.Text).ToList();
        deletes.Count.ShouldBe(2);
        deletes[0].ShouldMatch(@"^DELETE \[event\]\s+FROM \[AuditEvents\] AS \[event\] WITH \(ROWLOCK, FORCESEEK .*\)\s+WHERE \[event\]\.\[WorkspaceId\] = CAST\(@\w+ AS varchar\(64\)\) AND \[event\]\.\[Sequence\] <= @\w+$");
        deletes[1].ShouldMatch(@"DELETE TOP\(@\w+\) FROM \[\w\]\s+FROM \[RequestRecords\] AS \[\w\]\s+WHERE \[\w\]\.\[CreateTime\] <= @\w+");
        _server.Commands.Skip(listed).ShouldNotContain(command => command.Text.Contains("[Before]"), "a purge reads no records");
        var head = _server.Rows["AuditHeads"];
        head["PurgedSeal"] = AuditChain.PurgeSealOf("w1", 5, new byte[32], _masterKey);
        head["PurgedSequence"] = 5L;
        var checks = new List<ChainCheck>();
        await foreach (var check in Get<AuditVerifier>().VerifyAsync(CancellationToken.None)) checks.Add(check);
        checks.Count.ShouldBe(1);
        head["PurgedSequence"] = 4L;
        head["PurgedSeal"] = AuditChain.PurgeSealOf("w1", 4, new byte[32], _masterKey);
        await foreach (var check in Get<AuditVerifier>().VerifyAsync(CancellationToken.None)) check.Problem.ShouldNotBeNull();

        HoldsForAll();
    }

    [Fact]
    public async Task A_start()
    {
        (await Get<RootCredential>().InstallOnceAsync(CancellationToken.None)).ShouldBeTrue();

        Tables("INSERT INTO").ShouldBe(["ApiKeys", "AuditEvents", "AuditHeads", "KeySecrets"], ignoreOrder: true);
        HoldsForAll();
    }

    [Fact]
    public async Task Session_keys_kept_read_and_purged()
    {
        var sessions = Get<SessionKeys>();
        await sessions.AddAsync(new("key", new XElement("expirationDate", DateTimeOffset.UnixEpoch)), CancellationToken.None);
        await sessions.ReadAsync(CancellationToken.None);
        await sessions.PurgeAsync(CancellationToken.None);

        Tables("INSERT INTO").ShouldBe(["SessionKeys"]);
        _server.Commands.Count(command => command.Text.StartsWith("DELETE TOP(", StringComparison.Ordinal)).ShouldBe(1, "in slices");
        HoldsForAll();
    }

    [Fact]
    public async Task Ended_sessions_kept_read_and_purged()
    {
        var ended = Get<EndedSessionStore>();
        (await ended.TryAddAsync(Guid.CreateVersion7(), DateTimeOffset.UnixEpoch)).ShouldBeTrue();
        (await ended.TryReadAsync(DateTimeOffset.UnixEpoch)).ShouldNotBeNull();
        await ended.PurgeAsync(CancellationToken.None);

        Tables("INSERT INTO").ShouldBe(["EndedSessions"]);
        _server.Commands.Count(command => command.Text.StartsWith("DELETE TOP(", StringComparison.Ordinal)).ShouldBe(1, "in slices");
        HoldsForAll();
    }

    [Fact]
    public async Task The_look_up_of_ValidateKey()
    {
        Put("KeySecrets", "ApiKeys");
        _server.Rows["KeySecrets"] = _server.Rows["ApiKeys"];
        await using var context = _server.CreateContext();
        var found = await StoreQueries.CompileFindKey()(context, new byte[32], CancellationToken.None);

        found!.KeyId.ShouldBe(RecordedRows.KeyId);
        var sent = _server.Commands.ShouldHaveSingleItem();
        // Of one family with binary(32), so the index is sought.
        RecordedCommand.TypeOf(sent.Parameters.ShouldHaveSingleItem()).ShouldBe("varbinary(32)");
        HoldsForAll();
    }

    [Fact]
    public async Task Whether_a_commit_happened()
    {
        var eventId = Guid.NewGuid();
        await Get<KeyStore>().ReadAsync((context, token) => context.AuditEvents.AnyAsync(e => e.EventId == eventId, token), CancellationToken.None);

        HoldsForAll();
    }

    [Fact]
    public void A_misspelt_column_of_a_sent_command_would_be_reported() =>
        Schema.ProblemsOf(("SELECT TOP(@p0) [a].[KeyIdd] FROM [ApiKeys] AS [a] WHERE [a].[WorkspaceId] = @p1", "@p0 int, @p1 varchar(64)")).ShouldNotBeEmpty();

    /// <summary>Each is T-SQL, compiles, and compares columns with parameters of their own type.</summary>
    private void HoldsForAll()
    {
        _server.Commands.ShouldNotBeEmpty();
        var distinct = _server.Commands.DistinctBy(command => command.Text).ToList();
        Schema.ProblemsOf(distinct.Select(command => (command.Text, command.Declarations))).ShouldBeEmpty();
        foreach (var command in distinct)
        {
            NeededPermissions.ShouldBeListed(command.Text);
            // No statement of the service sets what would stay behind on a pooled connection, or asks for what it may not use.
            command.Text.ShouldNotContain("ISOLATION LEVEL");
            command.Text.ShouldNotContain("MERGE ");
            foreach (var parameter in command.Parameters)
            {
                var type = RecordedCommand.TypeOf(parameter);
                if (parameter.SqlDbType == SqlDbType.DateTime2) type.ShouldBe("datetime2(6)", command.Text);
                // nvarchar against varchar would be a conversion of every row, and a range of locks instead of one.
                var isRaw = command.Text.Contains($"CAST(@{parameter.ParameterName.TrimStart('@')} AS varchar(64))", StringComparison.Ordinal);
                if (parameter.Value is ("w1" or "system" or RecordedRows.KeyId or "key_requester" or "r1") && !isRaw)
                    type.ShouldBe("varchar(64)", command.Text);
            }
        }
    }

    private T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    private void Put(params string[] tables)
    {
        foreach (var table in tables) _server.Rows[table] = RecordedRows.Of(table);
    }

    private List<string> Tables(string verb) => _server.Commands
        .SelectMany(command => Regex.Matches(command.Text, verb + @" \[(?<table>\w+)\]").Select(match => match.Groups["table"].Value)).ToList();

    private static KeyRequest Request() => StoreTests.Request();
}
