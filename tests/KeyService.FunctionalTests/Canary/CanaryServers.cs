using KeyService.FunctionalTests.Infrastructure;
using KeyService.Server.Keys;

namespace KeyService.FunctionalTests.Canary;

/// <summary>Servers with a canary that is in a hurry, and what their metrics say.</summary>
internal static class CanaryServers
{
    /// <summary>With a short lease: on a busy machine a change may be PENDING, and is then judged a lease later.</summary>
    public static readonly (string Name, string Value)[] On =
    [
        ("KeyService__Canary", "true"), ("KeyService__CanaryInterval", "00:00:01"), ("KeyService__Lease", "00:00:05"),
        TestServer.Advertised,
    ];

    public static Task<TestServer> StartAsync(TestStore store, params (string Name, string Value)[] more) =>
        store.NeedsProcess ? TestServer.StartAsync(store, [.. On, .. more]) : TestServer.StartInProcessAsync(store, [.. On, .. more]);

    public static Task<double> RoundsAsync(this TestServer server, string outcome) =>
        server.SumAsync("keyservice_canary_rounds_total", $"outcome=\"{outcome}\"");

    public static async Task<double> JudgedRoundsAsync(this TestServer server) =>
        await server.RoundsAsync("complete") + await server.RoundsAsync("pending");

    public static Task<double> ViolationsAsync(this TestServer server) => server.SumAsync("keyservice_canary_violations_total");

    /// <summary>The canary's question, accepted: nobody else asks in these tests.</summary>
    public static Task<double> AcceptedAsync(this TestServer server) =>
        server.SumAsync("keyservice_verdicts_total", "verdict=\"NotFound\"");

    public static async Task<double> SumAsync(IEnumerable<TestServer> servers, Func<TestServer, Task<double>> count)
    {
        var sum = 0.0;
        foreach (var server in servers) sum += await count(server);
        return sum;
    }

    /// <summary>Until these have made so many rounds in all, each judged.</summary>
    public static Task UntilRoundsAsync(double rounds, params TestServer[] servers) => Eventually.IsTrueAsync(
        async () => await SumAsync(servers, JudgedRoundsAsync) >= rounds, $"{rounds} rounds", seconds: 60);

    /// <summary>The text of the canary's key, made of the store's master key as the server makes it.</summary>
    public static string CredentialOf(TestStore store)
    {
        var (generation, secret) = store.UsesSqlServer
            ? ('1', store.MasterKey)
            : (GenerationOf(store), File.ReadAllText(Path.Combine(store.DataDirectory, "master-key")).Trim());
        return ApiKeyText.DeriveForCanary("ks", MasterKey.Derive(generation, Convert.FromBase64String(secret)));
    }

    /// <summary>As the root credential says it.</summary>
    private static char GenerationOf(TestStore store) => File.ReadAllText(store.RootCredentialFile).Trim()["ks_live_".Length];
}
