using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>The redis-server itself fails: nobody is told a wrong verdict, and next to nobody an error.</summary>
[Collection(SharedRig.AsShipped)]
public sealed class RedisProcessTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public Task Killed_and_started_empty() => RedisAsync("Redis killed", async run =>
    {
        await run.Rig.Redis.KillAsync();
        await run.WhileBrokenAsync();
        await run.Rig.Redis.StartAsync();
    });

    [Fact]
    public Task Stopped_and_continued() => RedisAsync("Redis stopped", async run =>
    {
        run.Rig.Redis.Freeze();
        await run.WhileBrokenAsync();
        run.Rig.Redis.Thaw();
    });

    [Fact]
    public Task Flushed_again_and_again() => RedisAsync("Redis flushed", async run =>
    {
        for (var i = 0; i < 5; i++)
        {
            await run.SomeChangesAsync();
            await run.Rig.Redis.FlushAllAsync();
        }
    });

    [Fact]
    public Task Full_and_evicting() => RedisAsync("Redis is full", async run =>
    {
        await run.Rig.Redis.BeginEvictingAsync();
        await run.WhileBrokenAsync();
        await run.Rig.Redis.EndEvictingAsync();
    });

    [Fact]
    public Task Restarted_from_old_data() => RedisAsync("Redis restarted from old data", async run =>
    {
        await run.Rig.Redis.SaveSnapshotAsync();
        await run.ManyChangesAsync();
        for (var i = 0; i < 2; i++)
        {
            await run.Rig.Redis.KillAsync();
            await run.Rig.Redis.StartAsync(fromSnapshot: true);
            await run.WhileBrokenAsync();
        }
    });

    private Task RedisAsync(string what, Func<FaultContext, Task> fault) => HoldsAsync(
        async run =>
        {
            await run.ManyChangesAsync();
            using (run.Log.Fault(what)) await fault(run);
            await run.ManyChangesAsync();
        },
        also: ErrorRate.ShouldBeLow);
}
