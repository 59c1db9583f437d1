using System.Data;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.TSql;

/// <summary>What the login of a serving process needs, as the start checks it and <c>deploy/README.md</c> lists it.</summary>
public sealed class PermissionTests
{
    private readonly RecordingServer _server = new();
    private readonly List<(string Permission, object Granted)> _permissions = [("SELECT on ApiKeys", 1)];
    private int _forks = 1;

    public PermissionTests() => _server.Override = sql => sql switch
    {
        _ when sql == SqlServerPermissions.Granted => PermissionTable(),
        SqlServerPermissions.SeesFork => TableOf([_forks]),
        _ => null,
    };

    [Fact]
    public void The_check_is_T_SQL_and_every_table_and_the_sequence_are_in_it()
    {
        Schema.Parse(SqlServerPermissions.Granted);
        Schema.Parse(SqlServerPermissions.SeesFork);
        using var context = Schema.NewContext();

        SqlServerPermissions.Needed.Select(row => row.Object).ShouldBe(
            [.. context.Model.GetEntityTypes().Select(type => type.GetTableName()!), "__EFMigrationsHistory", SqlServerPermissions.Sequence], ignoreOrder: true);
    }

    [Theory]
    [InlineData(SqlServerStatements.LockAuditHead, "SELECT AuditHeads")]
    [InlineData(SqlServerStatements.FlushUsage, "UPDATE KeyUsage", "INSERT KeyUsage", "SELECT KeyUsage", "SELECT ApiKeys")]
    [InlineData(SqlServerStatements.DeleteAuditEvents, "DELETE AuditEvents", "SELECT AuditEvents")]
    [InlineData(SqlServerFeedStatements.RegisterNew, "INSERT Replicas", "SELECT Replicas")]
    [InlineData(SqlServerFeedStatements.RegisterAgain, "UPDATE Replicas")]
    [InlineData(SqlServerFeedStatements.DrawTicket, "UPDATE ReplicaTickets")]
    [InlineData(SqlServerFeedStatements.ReadChanges, "SELECT ApiKeys")]
    [InlineData(SqlServerFeedStatements.Report, "UPDATE Replicas")]
    [InlineData(SqlServerFeedStatements.ReadReplicas, "SELECT Replicas")]
    [InlineData(SqlServerFeedStatements.Remove, "DELETE Replicas")]
    [InlineData(SqlServerFeedStatements.ReadFingerprints, "SELECT MasterKeyFingerprints")]
    [InlineData(SqlServerFeedStatements.AddFingerprint, "INSERT MasterKeyFingerprints", "SELECT MasterKeyFingerprints")]
    public void What_the_hand_written_statements_need_is_listed(string sql, params string[] needed)
    {
        sql = sql.Replace("{0}", "@p0", StringComparison.Ordinal).Replace("{1}", "@p1", StringComparison.Ordinal);

        NeededPermissions.Of(sql).ShouldBe(needed, ignoreOrder: true);
        NeededPermissions.ShouldBeListed(sql);
    }

    [Fact]
    public async Task A_login_that_may_do_it_all_is_not_talked_about() => (await CheckAsync()).ShouldBeEmpty();

    [Fact]
    public async Task What_is_missing_is_named_in_one_line()
    {
        // NULL: an object that the login does not see, since it has no permission on it.
        _permissions.AddRange([("INSERT on Replicas", 0), ("UPDATE on ReplicaTickets", DBNull.Value)]);

        var refusal = await Should.ThrowAsync<StartException>(CheckAsync);

        refusal.Message.ShouldStartWith("ConnectionStrings:SqlServer: this login lacks INSERT on Replicas, UPDATE on ReplicaTickets;");
        refusal.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_fork_that_the_login_does_not_see_is_a_notice()
    {
        _forks = 0;

        (await CheckAsync()).ShouldHaveSingleItem().ShouldContain("VIEW ANY DATABASE");
    }

    [Fact]
    public async Task A_server_without_the_function_and_the_view_is_served()
    {
        // 195: not a recognized function; 208: no such view.
        await using var server = new FakeSqlServer { BatchError = (195, 15) };
        var engine = new SqlServerEngine(server.ConnectionString(), TimeProvider.System);

        (await engine.CheckPermissionsAsync(CancellationToken.None)).Count.ShouldBe(2);
    }

    private async Task<IReadOnlyList<string>> CheckAsync()
    {
        await using var context = _server.CreateContext();
        return await SqlServerPermissions.CheckAsync(context, CancellationToken.None);
    }

    private DataTable PermissionTable()
    {
        var table = new DataTable();
        table.Columns.Add("Value", typeof(string));
        table.Columns.Add("Granted", typeof(int));
        foreach (var (permission, granted) in _permissions) table.Rows.Add(permission, granted);
        return table;
    }

    private static DataTable TableOf<T>(IEnumerable<T> values)
    {
        var table = new DataTable();
        table.Columns.Add("Value", typeof(T));
        foreach (var value in values) table.Rows.Add(value);
        return table;
    }
}
