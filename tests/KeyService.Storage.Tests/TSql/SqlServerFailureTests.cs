using KeyService.Server.Hosting;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.TSql;

/// <summary>What SqlClient makes of a server that refuses, as the service reports it.</summary>
public sealed class SqlServerFailureTests
{
    [Theory]
    [InlineData(208, 16, true, "run `keyservice migrate`")]
    [InlineData(229, 14, true, "lacks a permission")]
    [InlineData(2627, 14, true, "is there already")]
    [InlineData(1205, 13, false, "another transaction")]
    [InlineData(3906, 16, false, "read-only")]
    [InlineData(9002, 17, false, "no room")]
    public async Task An_error_of_a_batch_is_permanent_or_not_and_has_a_cause(int number, byte severity, bool isPermanent, string cause)
    {
        await using var server = new FakeSqlServer { BatchError = (number, severity) };
        var engine = new SqlServerEngine(server.ConnectionString(), TimeProvider.System);

        var failure = await FailureOfAsync(() => engine.FindKeyAsync(new byte[32], CancellationToken.None));

        failure.IsPermanent.ShouldBe(isPermanent);
        failure.Failure.ShouldStartWith($"SQL Server error {number}: ");
        failure.Failure.ShouldContain(cause);
        failure.Failure.ShouldNotContain("SECRET");
    }

    [Theory]
    [InlineData(18456, 14, "the server refuses this login")]
    [InlineData(4060, 11, "the database is not there, or this login may not open it")]
    public async Task A_refused_login_is_permanent_and_ends_the_start(int number, byte severity, string cause)
    {
        await using var server = new FakeSqlServer { LoginError = (number, severity) };
        var engine = new SqlServerEngine(server.ConnectionString(), TimeProvider.System);

        var failure = await FailureOfAsync(() => engine.FindKeyAsync(new byte[32], CancellationToken.None));

        failure.IsPermanent.ShouldBeTrue();
        failure.Failure.ShouldContain(cause);
        StoreStart.Explain(failure)!.Message.ShouldStartWith("ConnectionStrings:SqlServer: ");
        StoreStart.Explain(failure)!.Message.ShouldContain(cause);
    }

    [Theory]
    [InlineData(983, 4060, "started, restored or moved")]
    [InlineData(976, 18456, "started, restored or moved")]
    [InlineData(4060, 983, "started, restored or moved")]
    [InlineData(18456, 40613, "started, restored or moved")]
    public async Task A_refused_login_at_a_database_that_moves_is_transient_and_so_named(int first, int second, string cause)
    {
        await using var server = new FakeSqlServer { LoginError = (first, 14), MoreLoginErrors = [(second, 14), (18456, 14)] };
        var engine = new SqlServerEngine(server.ConnectionString(), TimeProvider.System);

        var failure = await FailureOfAsync(() => engine.FindKeyAsync(new byte[32], CancellationToken.None));

        failure.IsPermanent.ShouldBeFalse();
        failure.Failure.ShouldContain(cause);
        StoreStart.Explain(failure)!.Message.ShouldContain("does not answer");
    }

    [Theory]
    [InlineData(4060, 18456, "the database is not there")]
    [InlineData(18456, 18456, "the server refuses this login")]
    // The connection breaks behind it.
    [InlineData(18456, 10054, "the server refuses this login")]
    [InlineData(824, 596, "the database is damaged")]
    public async Task A_permanent_error_stays_permanent_with_what_follows_it(int first, int second, string cause)
    {
        await using var server = new FakeSqlServer { LoginError = (first, 14), MoreLoginErrors = [(second, 14)] };
        var engine = new SqlServerEngine(server.ConnectionString(), TimeProvider.System);

        var failure = await FailureOfAsync(() => engine.FindKeyAsync(new byte[32], CancellationToken.None));

        failure.IsPermanent.ShouldBeTrue();
        failure.Failure.ShouldContain(cause);
    }

    [Theory]
    [InlineData(229, 14)]
    [InlineData(230, 14)]
    [InlineData(262, 14)]
    [InlineData(823, 24)]
    [InlineData(824, 24)]
    [InlineData(825, 16)]
    [InlineData(1105, 17)]
    [InlineData(3906, 16)]
    [InlineData(9002, 17)]
    [InlineData(40544, 20)]
    public async Task A_change_that_the_server_refuses_for_good_is_a_problem_at_once(int number, byte severity)
    {
        await using var server = new FakeSqlServer { BatchError = (number, severity) };
        var engine = new SqlServerEngine(server.ConnectionString(), TimeProvider.System);
        await using var services = new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System).AddSingleton(new VerdictNames([])).AddSingleton<Metrics>().AddSingleton<WriteHealth>().AddLogging().BuildServiceProvider();
        var health = services.GetRequiredService<WriteHealth>();

        await Should.ThrowAsync<Exception>(() => health.WatchAsync(engine.FindKeyAsync(new byte[32], CancellationToken.None)));

        health.Problem.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_handshake_that_fails_for_another_reason_than_the_certificate_is_transient()
    {
        await using var server = new FakeSqlServer { RefusesHandshake = true };
        var engine = new SqlServerEngine(server.ConnectionString("Encrypt=Mandatory"), TimeProvider.System);

        var failure = await FailureOfAsync(() => engine.PingAsync(CancellationToken.None));

        failure.IsPermanent.ShouldBeFalse();
        failure.Failure.ShouldContain("the TLS handshake failed");
        failure.Failure.ShouldNotContain("certificate");
    }

    [Theory]
    [InlineData("Encrypt=Mandatory")]
    [InlineData("Encrypt=Mandatory;HostNameInCertificate=other")]
    public async Task A_certificate_that_is_not_trusted_is_named(string encryption)
    {
        await using var server = new FakeSqlServer(hasCertificate: true);
        var engine = new SqlServerEngine(server.ConnectionString(encryption), TimeProvider.System);

        var failure = await FailureOfAsync(() => engine.PingAsync(CancellationToken.None));

        failure.IsPermanent.ShouldBeTrue();
        failure.Failure.ShouldContain("certificate is not trusted");
        StoreStart.Explain(failure)!.Message.ShouldContain("certificate is not trusted");
        StoreStart.Explain(failure)!.Message.ShouldNotContain("does not answer");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_transient_and_so_named()
    {
        string connectionString;
        await using (var server = new FakeSqlServer()) connectionString = server.ConnectionString("Encrypt=False;Connect Timeout=1");
        var engine = new SqlServerEngine(connectionString, TimeProvider.System);

        var failure = await FailureOfAsync(() => engine.PingAsync(CancellationToken.None));

        failure.IsPermanent.ShouldBeFalse();
        failure.Failure.ShouldContain("was not made");
    }

    [Fact]
    public async Task Opens_after_a_refused_login_reach_the_server()
    {
        // The default of the client library would refuse them itself, for 5 s and then longer.
        await using var server = new FakeSqlServer { LoginError = (18456, 14) };
        var engine = new SqlServerEngine(server.ConnectionString(), TimeProvider.System);
        for (var i = 0; i < 3; i++)
        {
            await Should.ThrowAsync<SqlException>(() => engine.PingAsync(CancellationToken.None));
            await Should.ThrowAsync<SqlException>(() => engine.Replication.LookAsync(drawTicket: false, CancellationToken.None));
            await using var management = engine.CreateContext();
            await Should.ThrowAsync<SqlException>(() => management.Database.OpenConnectionAsync());
        }

        server.Logins.ShouldBe(9);
    }

    private static async Task<StoreUnavailableException> FailureOfAsync(Func<Task> run)
    {
        var exception = await Should.ThrowAsync<Exception>(run);
        StoreErrors.IsUnavailable(exception, CancellationToken.None).ShouldBeTrue($"{exception}");
        return StoreErrors.Unavailable(exception);
    }
}
