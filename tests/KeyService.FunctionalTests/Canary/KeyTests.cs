using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;
using KeyService.FunctionalTests.Secrets;

namespace KeyService.FunctionalTests.Canary;

/// <summary>The key that the canary switches.</summary>
public sealed class KeyTests
{
    [Fact]
    public async Task It_is_one_for_all_processes_and_restarts()
    {
        await using var store = new TestStore();
        string keyId;
        await using (var first = await CanaryServers.StartAsync(store))
        {
            await using var second = await CanaryServers.StartAsync(store);
            await CanaryServers.UntilRoundsAsync(1, first, second);
            keyId = (await KeyAsync(first)).KeyId;
        }

        await using var again = await CanaryServers.StartAsync(store);
        await CanaryServers.UntilRoundsAsync(1, again);

        (await KeyAsync(again)).KeyId.ShouldBe(keyId);
        var events = await new TestWorkspace(again, "system").AuditAsync(keyId);
        events.ShouldAllBe(e => e.Actor == "canary");
        events.Count(e => e.Action == "CreateKey").ShouldBe(1);
        (await CommandRun.OfServerInProcessAsync("verify-audit", store)).ShouldEndWith(0);
    }

    [Fact]
    public async Task It_may_do_nothing()
    {
        await using var store = new TestStore();
        await using var server = await CanaryServers.StartAsync(store);
        await CanaryServers.UntilRoundsAsync(1, server);
        var customer = await new TestWorkspace(server, "acme").CreateAsync();
        var canary = TestServer.As(CanaryServers.CredentialOf(store));

        var key = await KeyAsync(server);
        (key.CreatedBy, key.Recoverable).ShouldBe(("canary", false));
        var caller = await Eventually.Get(() => WhileOnAsync(() => server.Client.GetCallerAsync(new(), canary)), found => found is not null, TimeSpan.FromSeconds(20));
        (caller!.CredentialId, caller.AllWorkspaces).ShouldBe((key.KeyId, false));
        caller.Permissions.ShouldBe(["keys:validate"]);
        caller.Workspaces.ShouldBeEmpty();
        var answer = await Eventually.Get(
            () => WhileOnAsync(() => server.Client.ValidateKeyAsync(new() { ApiKey = customer.ApiKey }, canary)), found => found is not null, TimeSpan.FromSeconds(20));
        answer!.Verdict.ShouldBe(Verdict.NotFound, "of a workspace that it may not validate");
    }

    [Fact]
    public async Task An_operator_who_switches_it_off_is_told_which_setting_does_that()
    {
        await using var store = new TestStore();
        await using var server = await CanaryServers.StartAsync(store);
        await CanaryServers.UntilRoundsAsync(1, server);
        var system = new TestWorkspace(server, "system");
        var keyId = (await KeyAsync(server)).KeyId;

        // A round may be between its two changes: then the operator's changes nothing.
        await Eventually.IsTrueAsync(
            async () =>
            {
                await system.SetStatusAsync(keyId, KeyStatus.Disabled, "What is this?");
                return server.Output.Any(line => line.Contains("KeyService:Canary switches the canary off", StringComparison.Ordinal));
            },
            "the warning", seconds: 60);

        await CanaryServers.UntilRoundsAsync(await server.JudgedRoundsAsync() + 1, server);
        (await server.ViolationsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task No_piece_of_it_is_written_anywhere()
    {
        await using var store = new TestStore();
        await using var server = await CanaryServers.StartAsync(
            store, ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace"), ("Logging__LogLevel__Grpc", "Trace"), ("Logging__LogLevel__System", "Trace"));
        await CanaryServers.UntilRoundsAsync(2, server);
        var credential = CanaryServers.CredentialOf(store);
        var needles = new Needles();
        needles.Add(credential[^37..^6]);

        needles.ShouldNotBeIn(await server.MetricsAsync(), "/metrics");
        (await server.StopAsync()).ShouldBe(0);

        var output = string.Join('\n', server.Output);
        output.ShouldContain("trce:");
        needles.ShouldNotBeIn(output, "the server's output");
        foreach (var file in Directory.GetFiles(store.DataDirectory, "*.db*")) needles.ShouldNotBeIn(await File.ReadAllBytesAsync(file), file);
        needles.FindIn(System.Text.Encoding.ASCII.GetBytes(credential)).ShouldBeGreaterThan(0);
    }

    private static async Task<Key> KeyAsync(TestServer server) =>
        (await new TestWorkspace(server, "system").ListAsync()).Where(key => key.Name == "canary").ShouldHaveSingleItem();

    /// <summary>Null while the key is off.</summary>
    private static async Task<T?> WhileOnAsync<T>(Func<AsyncUnaryCall<T>> call)
        where T : class
    {
        try
        {
            return await call();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unauthenticated)
        {
            return null;
        }
    }
}
