using KeyService.Server.Storage.Sqlite;

namespace KeyService.Storage.Tests.Suite;

/// <summary>Beside other tests the feed may not get its turn within the 300 ms for which it waits.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneCollection;

[Collection<AloneCollection>]
public sealed class WriterQueueTests
{
    [Fact]
    public async Task A_write_of_the_feed_goes_before_the_queue_of_changes()
    {
        using var queue = new WriterQueue();
        var order = new List<string>();
        var holder = await queue.EnterAsync(CancellationToken.None);
        var changes = Enumerable.Range(0, 4).Select(i => EnterAsync($"change {i}", async () => await queue.EnterAsync(CancellationToken.None))).ToList();
        var beat = EnterAsync("beat", async () => await queue.EnterFirstAsync(CancellationToken.None));
        holder.Dispose();
        await Task.WhenAll([beat, .. changes]);

        // The first change had asked before.
        order.ShouldBe(["change 0", "beat", "change 1", "change 2", "change 3"]);

        async Task EnterAsync(string name, Func<Task<IDisposable?>> enter)
        {
            using var turn = (await enter()).ShouldNotBeNull();
            lock (order) order.Add(name);
            await Task.Yield();
        }
    }
}
