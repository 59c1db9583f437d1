using KeyService.FunctionalTests.Infrastructure;
using KeyService.FunctionalTests.Start;

namespace KeyService.FunctionalTests.Canary;

/// <summary>Several processes on one store: every one is asked, and nothing is found.</summary>
public sealed class WatchesTests
{
    [Fact]
    public async Task Every_replica_is_asked_and_none_answers_from_an_older_record()
    {
        await using var store = new TestStore();
        await using var first = await CanaryServers.StartAsync(store);
        await using var second = await CanaryServers.StartAsync(store);
        await using var third = await CanaryServers.StartAsync(store);
        TestServer[] all = [first, second, third];

        var accepted = new Dictionary<TestServer, double>();
        foreach (var server in all) accepted[server] = await server.AcceptedAsync();

        await CanaryServers.UntilRoundsAsync(await CanaryServers.SumAsync(all, CanaryServers.JudgedRoundsAsync) + 3, all);

        foreach (var server in all)
        {
            (await server.AcceptedAsync()).ShouldBeGreaterThan(accepted[server], "each was asked");
            (await server.ViolationsAsync()).ShouldBe(0);
            (await server.MetricsAsync()).ShouldMatch("(?m)^keyservice_canary_violations_total(\\{[^}]*\\})? 0$", "exported, and zero");
        }

        (await CanaryServers.SumAsync(all, server => server.SumAsync("keyservice_canary_replicas_total", "answer=\"answered\""))).ShouldBeGreaterThanOrEqualTo(12);
        (await CanaryServers.SumAsync(all, server => server.SumAsync("keyservice_canary_propagation_seconds_count"))).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Processes_of_one_role_are_asked_as_well()
    {
        await using var store = new TestStore();
        await using var management = await CanaryServers.StartAsync(store, ("KeyService__Roles", "management"));
        await using var validation = await TestServer.StartInProcessAsync(
            store, TestServer.Advertised, ("KeyService__Roles", "validation"));

        var accepted = await validation.AcceptedAsync();
        var callers = await CallersAsync();
        await Eventually.IsTrueAsync(
            async () => await validation.AcceptedAsync() > accepted && await CallersAsync() > callers,
            "both have accepted the canary's key");

        await CanaryServers.UntilRoundsAsync(await management.JudgedRoundsAsync() + 2, management);
        (await management.ViolationsAsync()).ShouldBe(0);

        Task<double> CallersAsync() => management.SumAsync("rpc_server_call_duration_seconds_count", "rpc_method=\"GetCaller\",rpc_response_status_code=\"OK\"");
    }

    [Fact]
    public async Task When_the_one_at_work_stops_another_goes_on()
    {
        await using var store = new TestStore();
        await using var first = await CanaryServers.StartAsync(store);
        await CanaryServers.UntilRoundsAsync(1, first);
        await using var second = await CanaryServers.StartAsync(store);
        await Eventually.IsTrueAsync(async () => await second.RoundsAsync("stood_by") > 0, "the second has seen the key change");

        (await first.StopAsync()).ShouldBe(0);

        await CanaryServers.UntilRoundsAsync(await second.JudgedRoundsAsync() + 2, second);
        (await second.ViolationsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task With_a_certificate_replicas_are_asked_over_TLS()
    {
        await using var store = new TestStore();
        var (certificate, key) = Certificates.Write(store.Folder);
        await using var server = await CanaryServers.StartAsync(
            store, ("Kestrel__Certificates__Default__Path", certificate), ("Kestrel__Certificates__Default__KeyPath", key), ("KeyService__CertificateAuthorities", certificate));
        using var http = new HttpClient(TlsTests.Trusting(certificate));

        await Eventually.IsTrueAsync(
            async () => (await http.GetStringAsync(new Uri($"https://127.0.0.1:{server.HttpAddress.Port}/metrics"))).Split('\n')
                .Any(line => line.StartsWith("keyservice_canary_replicas_total", StringComparison.Ordinal)
                    && line.Contains("\"answered\"", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal)),
            "the own replica has accepted the canary's key");
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_named_as_the_cause_and_nothing_counts_as_judged()
    {
        await using var store = new TestStore();
        var (certificate, key) = Certificates.Write(store.Folder);
        await using var server = await CanaryServers.StartAsync(store, ("Kestrel__Certificates__Default__Path", certificate), ("Kestrel__Certificates__Default__KeyPath", key));
        using var http = new HttpClient(TlsTests.Trusting(certificate));

        await Eventually.IsTrueAsync(
            async () => (await http.GetStringAsync(new Uri($"https://127.0.0.1:{server.HttpAddress.Port}/metrics"))).Split('\n')
                .Any(line => line.StartsWith("keyservice_canary_rounds_total", StringComparison.Ordinal)
                    && line.Contains("\"unjudged\"", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal)),
            "a round that judged nothing");
        server.Output.Count(line => line.Contains("authority that is not trusted; KeyService:CertificateAuthorities", StringComparison.Ordinal)).ShouldBe(1);
        server.Output.ShouldContain(line => line.Contains("The canary judges none of 1 replicas", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_setting_there_is_neither_key_nor_metric()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, TestServer.Advertised);

        (await server.MetricsAsync()).ShouldNotContain("canary");
        (await new TestWorkspace(server, "system").ListAsync()).ShouldHaveSingleItem().Name.ShouldBe("root");
    }

    [Fact]
    public async Task A_process_that_may_not_change_a_key_does_not_start_with_one()
    {
        await using var store = new TestStore(TestEngine.Embedded);

        (await Refusal.OfStartAsync(store, ("KeyService__Canary", "true"), ("KeyService__Roles", "validation"))).ShouldStartWith("KeyService:Canary: ");
    }
}
