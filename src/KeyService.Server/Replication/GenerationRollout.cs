using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// Makes a new generation of master keys the active one, once every replica knows it: so that nobody meets a key that he cannot check.
/// Once a second, while there is a newer one than the active.
/// </summary>
internal sealed class GenerationRollout(
    IReplicationStore store, ReplicaTable table, MasterKeys masterKeys, Generations generations, Belief belief, Incarnations incarnations, ReplicaOptions options,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<GenerationRollout> log)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15);

    private MasterKey? _told;

    /// <summary>One round: activates the newest generation that may be, if it is newer than the active one.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        if (ReferenceEquals(masterKeys.Current, masterKeys.Newest)) return;
        var own = belief.Current;
        // Who has none has not been checked, or has not been heard of for long.
        if (!own.Lease.IsLive(Moment.Now(time))) return;

        var stored = await generations.CheckAsync(cancellation).WaitAsync(Bound, time, cancellation);
        foreach (var key in masterKeys.All)
        {
            if (ReferenceEquals(key, masterKeys.Current)) return;
            var isStored = Generations.IsStored(key, stored);
            // An older one that nobody has used is for verifying alone.
            if (!isStored && !ReferenceEquals(key, masterKeys.Newest)) continue;
            if (!await TryAsync(key, isStored, own, cancellation)) continue;
            Log.GenerationActive(log, key.Generation);
            return;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(RollOutAsync(stoppingToken), StopOnMisfitAsync(stoppingToken));

    private async Task<bool> TryAsync(MasterKey key, bool isStored, Incarnation own, CancellationToken cancellation)
    {
        if (!isStored)
        {
            if (!await IsKnownToAllAsync(key, own, cancellation)) return false;
            await store.AddFingerprintAsync(Generations.RowOf(key), cancellation).WaitAsync(Bound, time, cancellation);
            // Somebody may have stored another key under the same generation.
            if (!Generations.IsStored(key, await generations.CheckAsync(cancellation).WaitAsync(Bound, time, cancellation))) return false;
        }

        // Once more, behind the write: a replica that is not in this look registers later, so its check finds the fingerprint, and it
        // does not serve without this generation.
        return await IsKnownToAllAsync(key, own, cancellation) && generations.Activate(key, own);
    }

    private async Task<bool> IsKnownToAllAsync(MasterKey key, Incarnation own, CancellationToken cancellation)
    {
        var known = KnownBefore.Of(own);
        var look = await table.LookAsync().WaitAsync(cancellation);
        var longest = look.Rows.Select(found => found.Row.Lease).Append(options.Lease).Append(table.LongestLease).Max();
        if (incarnations.UnsureFor(look, known, longest) > TimeSpan.Zero) return false;

        var lacking = look.Rows.Count(found => !found.Row.Generations.Contains(key.Generation));
        if (lacking == 0) return true;
        if (!ReferenceEquals(_told, key)) Log.GenerationWaits(log, key.Generation, lacking);
        _told = key;
        return false;
    }

    private async Task RollOutAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    await RunAsync(stopping);
                }
                catch (Exception) when (!stopping.IsCancellationRequested)
                {
                    // The feed meets the same database, and tells; a misfit was told.
                }
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Stopping; a database's driver has names of its own for that.
        }
    }

    private async Task StopOnMisfitAsync(CancellationToken stopping)
    {
        try
        {
            await generations.Misfit.WaitAsync(stopping);
            lifetime.StopApplication();
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
