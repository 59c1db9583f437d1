using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKeys;

/// <summary>A batch leaves the same traces as its questions one by one.</summary>
public sealed class RecordsTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Each_verdict_is_counted_and_the_call_once()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);
        var workspace = new TestWorkspace(server, "w1");
        var (valid, disabled) = (await workspace.CreateAsync(), await workspace.CreateAsync());
        await workspace.SetStatusAsync(disabled.Key.KeyId, KeyStatus.Disabled);

        // The process called itself before it was ready.
        var found = await server.SumAsync("keyservice_verdicts_total", "verdict=\"NotFound\"");
        var verdicts = await server.SumAsync("keyservice_verdicts_total");
        var batches = await server.SumAsync("rpc_server_call_duration_seconds_count", "rpc_method=\"ValidateKeys\"");
        var single = await server.SumAsync("rpc_server_call_duration_seconds_count", "rpc_method=\"ValidateKey\"");

        await server.Client.ValidateKeysAsync(Batch(valid.ApiKey, "x", valid.ApiKey, disabled.ApiKey, "", valid.ApiKey), server.Root);

        (await CountedAsync(server, "Valid", atLeast: 3)).ShouldBe(3);
        (await CountedAsync(server, "NotFound", atLeast: found + 2)).ShouldBe(found + 2);
        (await CountedAsync(server, "Disabled", atLeast: 1)).ShouldBe(1);
        (await server.SumAsync("keyservice_verdicts_total")).ShouldBe(verdicts + 6);
        (await Eventually.Get(
            () => server.SumAsync("rpc_server_call_duration_seconds_count", "rpc_method=\"ValidateKeys\""), count => count > batches, Bound)).ShouldBe(batches + 1);
        (await server.SumAsync("rpc_server_call_duration_seconds_count", "rpc_method=\"ValidateKey\"")).ShouldBe(single);
    }

    [Fact]
    public async Task The_last_use_is_recorded_for_those_that_are_valid_alone()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);
        var workspace = new TestWorkspace(server, "w1");
        var refused = await workspace.CreateAsync(key => key.AllowedAddresses.Add("10.0.0.0/8"));
        var (first, last) = (await workspace.CreateAsync(), await workspace.CreateAsync());

        await server.Client.ValidateKeysAsync(Batch(first.ApiKey, refused.ApiKey, last.ApiKey), server.Root);

        foreach (var used in new[] { first, last })
            await Eventually.Get(() => workspace.GetAsync(used.Key.KeyId), key => key.LastUsedTime is not null, Bound);
        (await workspace.GetAsync(refused.Key.KeyId)).LastUsedTime.ShouldBeNull();
    }

    private static ValidateKeysRequest Batch(params string[] apiKeys) =>
        new() { Requests = { apiKeys.Select(apiKey => new ValidateKeyRequest { ApiKey = apiKey }) } };

    private static Task<double> CountedAsync(TestServer server, string verdict, double atLeast) => Eventually.Get(
        () => server.SumAsync("keyservice_verdicts_total", $"verdict=\"{verdict}\""), count => count >= atLeast, Bound);
}
