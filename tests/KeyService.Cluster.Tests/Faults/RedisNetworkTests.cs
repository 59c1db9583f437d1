using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.Faults;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>The way to Redis fails, for all replicas or for one: nobody is told a wrong verdict, and next to nobody an error.</summary>
[Collection(SharedRig.AsShipped)]
public sealed class RedisNetworkTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public Task Silent_and_half_open() => AllAsync(ProxyFault.Silence);

    [Fact]
    public Task Reset() => AllAsync(ProxyFault.Reset);

    [Fact]
    public Task Heard_but_not_answered() => AllAsync(ProxyFault.NoAnswers);

    [Fact]
    public Task Frozen_with_full_buffers() => AllAsync(ProxyFault.Freeze);

    [Fact]
    public Task Slow_around_the_bound_of_50_ms() => AllAsync(ProxyFault.Delay, TimeSpan.FromMilliseconds(15), TimeSpan.FromMilliseconds(20));

    [Fact]
    public Task One_replica_cut_off() => HoldsAsync(
        async run =>
        {
            await run.ManyChangesAsync();
            using (run.Log.Fault("cut from Redis", run.Rig.Last.Number))
            {
                run.Rig.Last.Redis.Set(ProxyFault.Silence);
                await run.WhileBrokenAsync();
                run.Rig.Last.Redis.Pass();
            }

            await run.ManyChangesAsync();
        },
        also: ErrorRate.ShouldBeLow);

    private Task AllAsync(ProxyFault fault, TimeSpan delay = default, TimeSpan jitter = default) => HoldsAsync(
        async run =>
        {
            await run.ManyChangesAsync();
            using (run.Log.Fault($"Redis: {fault}"))
            {
                run.Rig.RedisFails(fault, delay, jitter);
                await run.WhileBrokenAsync();
                run.Rig.RedisFails(ProxyFault.None);
            }

            await run.ManyChangesAsync();
        },
        also: ErrorRate.ShouldBeLow);
}
