using System.Collections.Concurrent;
using KeyService.Contracts.V1;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>Many keys at once.</summary>
internal static class KeyBatch
{
    public static readonly ParallelOptions Width = new() { MaxDegreeOfParallelism = 8 };

    /// <summary>Longer than the server's own budget: a slow machine is not an outage.</summary>
    public static DateTime Deadline => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(10);

    public static async Task<List<CreateKeyResponse>> CreateKeysAsync(this TestServer server, string workspace, int count)
    {
        var created = new ConcurrentBag<CreateKeyResponse>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), Width, async (i, _) => created.Add(
            await server.Client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = $"key {i}" }, server.Root)));
        return [.. created];
    }

    /// <summary>The verdict on each, by key id of what was created.</summary>
    public static async Task<Dictionary<string, Verdict>> ValidateAllAsync(this TestServer server, IEnumerable<CreateKeyResponse> keys)
    {
        var verdicts = new ConcurrentDictionary<string, Verdict>(StringComparer.Ordinal);
        var root = server.Root;
        await Parallel.ForEachAsync(keys, Width, async (key, _) =>
        {
            var answer = await server.Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, root, Deadline);
            if (answer.Verdict != Verdict.NotFound) answer.KeyId.ShouldBe(key.Key.KeyId);
            verdicts[key.Key.KeyId] = answer.Verdict;
        });
        return new(verdicts, StringComparer.Ordinal);
    }

    public static async Task SetStatusAsync(this TestServer server, Key key, KeyStatus status)
    {
        var answer = await server.Client.SetStatusAsync(
            new() { WorkspaceId = key.WorkspaceId, KeyId = key.KeyId, Status = status, PropagationWait = new() { Seconds = 8 } }, server.Root, Deadline);
        answer.Propagation.State.ShouldBe(PropagationState.Complete);
    }
}
