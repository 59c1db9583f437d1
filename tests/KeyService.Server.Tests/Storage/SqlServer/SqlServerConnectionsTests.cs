using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Tests.Storage.SqlServer;

public class SqlServerConnectionsTests
{
    private const string Given = "Data Source=db;Initial Catalog=k;Application Name=keyservice";

    private static readonly Dictionary<string, Func<string, string>> Pools = new()
    {
        ["management"] = SqlServerConnections.ForManagement, ["validation"] = SqlServerConnections.ForValidation, ["feed"] = SqlServerConnections.ForFeed,
    };

    public static TheoryData<string, int, int> Kinds => new()
    {
        // The bound of a change is 10 s, the feed's commands have 3 s, those of look-ups 2 s.
        { "management", 5, 1 },
        { "validation", 2, 0 },
        { "feed", 3, 0 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_of_work_has_a_pool_of_its_own_to_the_same_database(string kind, int seconds, int reconnects)
    {
        var builder = Of(kind, Given);

        (builder.DataSource, builder.InitialCatalog, builder.ApplicationName).ShouldBe(("db", "k", $"keyservice {kind}"));
        (builder.ConnectTimeout, builder.ConnectRetryCount).ShouldBe((seconds, reconnects));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_pool_refuses_opens_after_one_that_failed(string kind, int seconds, int reconnects)
    {
        _ = (seconds, reconnects);
        foreach (var more in new[] { "", ";Pool Blocking Period=Auto", ";PoolBlockingPeriod=AlwaysBlock" })
            Of(kind, Given + more).PoolBlockingPeriod.ShouldBe(PoolBlockingPeriod.NeverBlock);
    }

    [Theory]
    [InlineData("Connect Timeout=17")]
    [InlineData("connection timeout=17")]
    [InlineData("Timeout=17")]
    public void A_connect_timeout_of_the_connection_string_stays(string setting)
    {
        // As ServerOptions passes it on: read by a builder and written by it.
        var settings = new SqlConnectionStringBuilder($"{Given};{setting}").ConnectionString;

        foreach (var kind in Pools.Keys) Of(kind, settings).ConnectTimeout.ShouldBe(17, kind);
    }

    [Fact]
    public void Only_management_keeps_a_number_of_reconnects_that_was_set()
    {
        foreach (var kind in Pools.Keys) Of(kind, $"{Given};Connect Retry Count=3").ConnectRetryCount.ShouldBe(kind == "management" ? 3 : 0, kind);
    }

    private static SqlConnectionStringBuilder Of(string kind, string connectionString) => new(Pools[kind](connectionString));
}
