using System.Security.Cryptography;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;
using KeyService.FunctionalTests.Start;

namespace KeyService.FunctionalTests.ManyProcesses;

/// <summary>A new generation of master keys comes with one rolling restart, and no process ever meets a key that it cannot check.</summary>
[TakesLong]
public sealed class MasterKeyRolloutTests
{
    private const string Missing = "KeyService:MasterKeys: generation 2 is missing, and this store has keys of it.";

    private readonly string _second = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public async Task In_a_rolling_restart_every_key_is_valid_everywhere_and_the_new_generation_is_used_when_the_last_has_it()
    {
        await using var store = new TestStore();
        await using var load = new RolloutLoad();
        for (var i = 0; i < 3; i++) load.Serve(i, await TestServer.StartAsync(store, Before(store)));
        load.Begin();

        for (var i = 0; i < 3; i++)
        {
            await load.EveryoneIsAtWorkAsync();
            load.Generations.ShouldBe("1", $"{3 - i} processes lack the new one");
            load.Leaves(i);
            (await load[i].StopAsync()).ShouldBe(0);
            load.Serve(i, await TestServer.StartAsync(store, After(store)));
            if (i < 2) await SaysAsync(load[i], "Master key generation 2 waits: ");
        }

        // The last may have found it active when it started.
        for (var i = 0; i < 2; i++) await SaysAsync(load[i], "Master key generation 2 is active: ");
        for (var i = 0; i < 3; i++) await Eventually.Get(() => load.CreateAsync(i), generation => generation == '2', TimeSpan.FromSeconds(60));
        await load.EveryoneIsAtWorkAsync();
        await load.EndAsync();
        // From then on who lacks it does not start.
        (await Refusal.OfStartAsync(store, Before(store))).ShouldBe(Missing);
        for (var i = 0; i < 2; i++) load[i].Output.Count(line => line.Contains("generation 2 waits", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_process_that_was_suspended_while_the_others_went_on_without_it_never_says_no_to_a_new_key_and_ends()
    {
        (string, string) lease = ("KeyService__Lease", "00:00:03");
        await using var store = new TestStore();
        await using var former = await TestServer.StartAsync(store, [lease, .. Before(store)]);
        former.ExpectedErrors.Add(Missing);
        await using var next = await TestServer.StartAsync(store, [lease, .. After(store)]);
        var workspace = new TestWorkspace(next, "suspended");
        (await workspace.CreateAsync()).ApiKey[8].ShouldBe('1');
        await SaysAsync(next, "Master key generation 2 waits: 1 replicas lack it.");

        var root = former.Root;
        (await former.Client.GetCallerAsync(new(), root)).AllWorkspaces.ShouldBeTrue();
        await former.SuspendAsync();
        var made = await Eventually.Get(() => workspace.CreateAsync(), created => created.ApiKey[8] == '2', TimeSpan.FromSeconds(30));
        // They are there before it wakes up: some are read before its feed has been anywhere.
        var asked = Enumerable.Range(0, 50).Select(_ => AskAsync(former, made.ApiKey, root)).ToList();
        former.Resume();

        while (!former.HasEnded)
        {
            asked.Add(AskAsync(former, made.ApiKey, root));
            await asked[^1];
        }

        (await Task.WhenAll(asked)).ShouldAllBe(answer => answer == StatusCode.Unavailable.ToString() || answer == "gone");
        (await former.WhenEndedAsync()).ShouldBe(1);
        former.Output.ShouldContain(Missing);
        (await workspace.ValidateAsync(made.ApiKey)).Verdict.ShouldBe(Verdict.Valid);
    }

    /// <summary>The verdict, or why there is none.</summary>
    private static async Task<string> AskAsync(TestServer server, string apiKey, Metadata root)
    {
        try
        {
            return (await server.Client.ValidateKeyAsync(new() { ApiKey = apiKey }, root, DateTime.MaxValue)).Verdict.ToString();
        }
        catch (RpcException e)
        {
            // What the connection broke under has no status of the service.
            return e.StatusCode == StatusCode.Unavailable || !server.HasEnded ? e.StatusCode.ToString() : "gone";
        }
    }

    private static Task SaysAsync(TestServer server, string text) =>
        Eventually.IsTrueAsync(() => server.Output.Any(line => line.Contains(text, StringComparison.Ordinal)), text, seconds: 60);

    private static (string Name, string Value)[] Before(TestStore store) =>
        [("KeyService__MasterKeys__0__Generation", "1"), ("KeyService__MasterKeys__0__Value", store.MasterKey)];

    private (string Name, string Value)[] After(TestStore store) =>
    [
        ("KeyService__MasterKeys__0__Generation", "2"), ("KeyService__MasterKeys__0__Value", _second),
        ("KeyService__MasterKeys__1__Generation", "1"), ("KeyService__MasterKeys__1__Value", store.MasterKey),
    ];
}
