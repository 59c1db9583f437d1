using System.Diagnostics;
using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.Faults;
using StackExchange.Redis;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>Breaks Redis, the database and processes, each at random and all at the same time, and heals them in the end.</summary>
internal sealed class Everything(FaultContext run, TimeSpan span)
{
    private const int LongestPause = 1_500;
    private const int LongestFault = 4_000;

    /// <summary>A process needs its database to start, as an operator knows: nobody starts one on a database that is away.</summary>
    private readonly SemaphoreSlim _database = new(1, 1);

    private readonly long _began = Stopwatch.GetTimestamp();

    private ClusterRig Rig => run.Rig;

    public async Task BreakAsync()
    {
        using (run.Log.Fault("everything"))
            await Task.WhenAll(LaneAsync(BreakRedisAsync), LaneAsync(BreakDatabaseAsync), LaneAsync(BreakProcessAsync));
    }

    private async Task LaneAsync(Func<Seeded, Task> breakAsync)
    {
        var random = run.Random.Split();
        while (Stopwatch.GetElapsedTime(_began) < span)
        {
            await DeliberateDelay.ForAsync(random.Below(LongestPause), "the moment of the fault");
            await breakAsync(random);
        }
    }

    private async Task BreakRedisAsync(Seeded random)
    {
        switch (random.Below(9))
        {
            case 0:
                await Rig.Redis.KillAsync();
                await LastsAsync(random);
                await Rig.Redis.StartAsync();
                break;
            case 1:
                Rig.Redis.Freeze();
                await LastsAsync(random);
                Rig.Redis.Thaw();
                break;
            case 2:
                await IfItAnswersAsync(Rig.Redis.FlushAllAsync);
                break;
            case 3:
                await IfItAnswersAsync(Rig.Redis.BeginEvictingAsync);
                await LastsAsync(random);
                await IfItAnswersAsync(Rig.Redis.EndEvictingAsync);
                break;
            case 4:
                var one = Rig[random.Below(ClusterRig.Replicas)].Redis;
                one.Set(NetworkFault(random));
                await LastsAsync(random);
                one.Pass();
                break;
            case 5:
                Rig.RedisFails(ProxyFault.Delay, TimeSpan.FromMilliseconds(15), TimeSpan.FromMilliseconds(20));
                await LastsAsync(random);
                Rig.RedisFails(ProxyFault.None);
                break;
            default:
                Rig.RedisFails(NetworkFault(random));
                await LastsAsync(random);
                Rig.RedisFails(ProxyFault.None);
                break;
        }
    }

    private async Task BreakDatabaseAsync(Seeded random)
    {
        await _database.WaitAsync();
        try
        {
            DatabaseFault[] faults = [DatabaseFault.Silent, DatabaseFault.Slow(100), DatabaseFault.Slow(1_000), DatabaseFault.Failing(10), DatabaseFault.LostCommitAnswers];
            var fault = faults[random.Below(faults.Length)];
            if (random.Below(3) == 0) Rig.DatabaseFails(fault);
            else Rig[random.Below(ClusterRig.Replicas)].DatabaseFails(fault);
            await LastsAsync(random);
            Rig.DatabaseWorks();
        }
        finally
        {
            _database.Release();
        }
    }

    private async Task BreakProcessAsync(Seeded random)
    {
        var replica = Rig[random.Below(ClusterRig.Replicas)];
        switch (random.Below(3))
        {
            case 0:
                replica.Stop();
                await LastsAsync(random);
                replica.Continue();
                return;
            case 1:
                await replica.KillAsync();
                break;
            default:
                (await replica.TerminateAsync()).ShouldBe(0);
                break;
        }

        await _database.WaitAsync();
        try
        {
            await replica.StartAsync();
        }
        finally
        {
            _database.Release();
        }
    }

    private static ProxyFault NetworkFault(Seeded random)
    {
        ProxyFault[] faults = [ProxyFault.Silence, ProxyFault.Reset, ProxyFault.NoAnswers, ProxyFault.Freeze];
        return faults[random.Below(faults.Length)];
    }

    private static Task LastsAsync(Seeded random) => DeliberateDelay.ForAsync(random.Below(LongestFault), "how long the fault lasts");

    /// <summary>A redis-server that was just killed and started is found again in a while.</summary>
    private static async Task IfItAnswersAsync(Func<Task> command)
    {
        try
        {
            await command();
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // Something else was broken instead.
        }
    }
}
