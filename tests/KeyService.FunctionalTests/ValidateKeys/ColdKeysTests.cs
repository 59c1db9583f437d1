using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKeys;

/// <summary>A process that has looked up nothing yet.</summary>
public sealed class ColdKeysTests
{
    private const int Count = 300;
    private const int Few = 10;

    /// <summary>The page may be 300 ms old.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task All_keys_of_a_batch_are_read_together_and_the_next_batch_reads_them_no_more()
    {
        await using var store = new TestStore();
        List<CreateKeyResponse> keys;
        await using (var first = await TestServer.StartInProcessAsync(store))
        {
            keys = await first.CreateKeysAsync("w1", Count);
            await first.SetStatusAsync(keys[7].Key, KeyStatus.Disabled);
        }

        await using var server = await TestServer.StartInProcessAsync(store);
        var own = await ReadsAsync(server, atLeast: 0);
        var cold = await AskAsync(server, keys);
        var reads = await ReadsAsync(server, atLeast: own + Count) - own;
        var warm = await AskAsync(server, keys);

        cold.Select(each => each.KeyId).ShouldBe(keys.Select(each => each.Key.KeyId));
        cold.Select(each => each.Verdict).ShouldBe(keys.Select((_, i) => i == 7 ? Verdict.Disabled : Verdict.Valid));
        warm.ShouldBe(cold);
        await Eventually.Get(() => server.SumAsync("keyservice_lookups_total", "source=\"memory\""), found => found >= Count, Bound);
        // The keys and the credential; one that the feed told of meanwhile is read again.
        reads.ShouldBeInRange(Count + 1, Count + Few);
        (await server.SumAsync("keyservice_lookups_total", "source=\"database\"")).ShouldBeLessThanOrEqualTo(own + reads + Few);
        // Read or known, each answer is counted as what it was.
        await Eventually.Get(() => server.SumAsync("keyservice_verdicts_total", "verdict=\"Valid\""), count => count == 2 * (Count - 1), Bound);
        await Eventually.Get(() => server.SumAsync("keyservice_verdicts_total", "verdict=\"Disabled\""), count => count == 2, Bound);
    }

    [Fact]
    public async Task A_key_that_is_asked_for_many_times_in_a_cold_batch_is_not_read_as_often()
    {
        await using var store = new TestStore();
        CreateKeyResponse key;
        await using (var before = await TestServer.StartInProcessAsync(store)) key = (await before.CreateKeysAsync("w1", 1)).Single();

        await using var server = await TestServer.StartInProcessAsync(store);
        var own = await ReadsAsync(server, atLeast: 0);
        var answers = await AskAsync(server, Enumerable.Repeat(key, Count));

        answers.ShouldAllBe(answer => answer.Verdict == Verdict.Valid && answer.KeyId == key.Key.KeyId);
        (await ReadsAsync(server, atLeast: own + 2)).ShouldBeLessThan(own + (Count / 2));
    }

    private static async Task<IReadOnlyList<ValidateKeyResponse>> AskAsync(TestServer server, IEnumerable<CreateKeyResponse> keys) =>
        (await server.Client.ValidateKeysAsync(
            new() { Requests = { keys.Select(key => new ValidateKeyRequest { ApiKey = key.ApiKey }) } }, server.Root, KeyBatch.Deadline)).Responses;

    private static Task<double> ReadsAsync(TestServer server, double atLeast) =>
        Eventually.Get(() => server.SumAsync("keyservice_lookups_total", "source=\"database\""), reads => reads >= atLeast, Bound);
}
