using System.Collections.Concurrent;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ManyProcesses;

/// <summary>Three processes, one after the other replaced, each asked all the while for keys that every one must find valid at once.</summary>
internal sealed class RolloutLoad : IAsyncDisposable
{
    private const int Count = 3;

    /// <summary>Three processes share one file, whose lock goes to whoever asks at the right moment: a writer may not get it for the two seconds that it has.</summary>
    private const int MostUnanswered = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestServer?[] _servers = new TestServer?[Count];
    private readonly ConcurrentBag<TestServer> _all = [];
    private readonly ConcurrentDictionary<TestServer, bool> _leaving = [];
    private readonly ConcurrentDictionary<char, bool> _generations = [];
    private readonly int[] _rounds = new int[Count];
    private readonly CancellationTokenSource _ended = new();
    private Task[] _work = [];
    private int _unanswered;

    public TestServer this[int place] => Volatile.Read(ref _servers[place])!;

    /// <summary>Of all keys that were made.</summary>
    public string Generations => string.Concat(_generations.Keys.Order());

    public void Serve(int place, TestServer server)
    {
        _all.Add(server);
        Volatile.Write(ref _servers[place], server);
    }

    /// <summary>From here on its calls may fail. What it answers must still be right.</summary>
    public void Leaves(int place) => _leaving[this[place]] = true;

    public void Begin() => _work = [.. Enumerable.Range(0, Count).Select(place => Task.Run(() => WorkAsync(place)))];

    /// <summary>Until each process has made another key which all have found.</summary>
    public async Task EveryoneIsAtWorkAsync()
    {
        var before = _rounds.ToArray();
        await Eventually.IsTrueAsync(
            () => Array.Exists(_work, each => each.IsFaulted) || Enumerable.Range(0, Count).All(place => Volatile.Read(ref _rounds[place]) >= before[place] + 2), "each makes keys", 180);
        foreach (var failed in Array.FindAll(_work, each => each.IsFaulted)) await failed;
    }

    public async Task EndAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_work).WaitAsync(Patience);
    }

    /// <summary>Makes a key at one process and has it validated at every one.</summary>
    /// <returns>Its generation.</returns>
    public async Task<char> CreateAsync(int place)
    {
        var maker = this[place];
        var created = await maker.Client.CreateKeyAsync(new() { WorkspaceId = "rollout", Name = "a key" }, maker.Root, Deadline());
        var generation = created.ApiKey[8];
        _generations[generation] = true;
        for (var i = 0; i < Count; i++)
        {
            var reader = this[i];
            try
            {
                (await reader.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, reader.Root, Deadline())).Verdict
                    .ShouldBe(Verdict.Valid, $"generation {generation}, made by {place}, asked of {i}");
            }
            catch (RpcException e) when (_leaving.ContainsKey(reader) || IsSpared(e))
            {
                // No answer is no wrong answer.
            }
        }

        return generation;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAny(Task.WhenAll(_work));
        foreach (var server in _all) await server.DisposeAsync();
        _ended.Dispose();
    }

    private async Task WorkAsync(int place)
    {
        while (!_ended.IsCancellationRequested)
        {
            var maker = this[place];
            try
            {
                await CreateAsync(place);
                Interlocked.Increment(ref _rounds[place]);
            }
            catch (RpcException e) when (_leaving.ContainsKey(maker) || IsSpared(e))
            {
                // Until its successor is there, or the database is.
            }

            await DeliberateDelay.ForAsync(100, "the rate of a client: the machine belongs to the tests beside it too");
        }
    }

    private bool IsSpared(RpcException e) =>
        CallError.From(e) is { Code: StatusCode.Unavailable, Reason: "STORE_UNAVAILABLE" } && Interlocked.Increment(ref _unanswered) <= MostUnanswered;

    /// <summary>A machine at work is slow: it is the answer that counts here.</summary>
    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(30);
}
