using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>Runs a cycle every 200 ms, idle or busy, and at once when somebody asks; reaps dead rows once a second.</summary>
internal sealed class FeedLoop(
    FeedCycle cycle, FeedSignal signal, ReplicaTable table, Belief belief, IReplicationStore store, TimeProvider time, Metrics metrics, ILogger<FeedLoop> log)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Between the beginnings of two cycles that were asked for.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan ReapInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RemoveBound = TimeSpan.FromSeconds(2);

    private readonly LastingFailure _failing = new(new("feed", Log.FeedFailed), metrics, time, log);
    private readonly LastingFailure _noLease = new(new("lease", static (log, _) => Log.LeaseLost(log), Log.LeaseRegained), metrics, time, log, quiet: TimeSpan.Zero);
    private bool _hadLease;

    /// <summary>Returns when the replica follows the feed: at once on SQLite, when the first watermark has settled on SQL Server.</summary>
    public async Task WhenFollowingAsync(CancellationToken cancellation)
    {
        while (!belief.Current.Floors.HasBase) await Task.Delay(Interval / 4, time, cancellation);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(CyclesAsync(stoppingToken), ReapAsync(stoppingToken));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // The listeners have stopped; a call that is still under way asks the database.
        belief.Current.Lease.End();
        try
        {
            await store.RemoveReplicaAsync(belief.Current.ReplicaId, beat: null, CancellationToken.None).WaitAsync(RemoveBound, time, CancellationToken.None);
        }
        catch (Exception e)
        {
            Log.RowNotRemoved(log, StoreErrors.CauseOf(e));
        }
    }

    private async Task CyclesAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            await CycleAsync(stopping);
            await PauseAsync(began, stopping);
        }
    }

    /// <summary>One cycle, for all who asked for one before it; a failure is told, not thrown.</summary>
    internal async Task CycleAsync(CancellationToken stopping)
    {
        var (asked, waiting) = signal.Begin();
        try
        {
            await cycle.RunAsync(asked, stopping);
            waiting.TrySetResult();
            _failing.Succeeded();
        }
        catch (Exception e)
        {
            var failure = e as StoreUnavailableException ?? StoreErrors.Unavailable(e);
            waiting.TrySetException(failure);
            // Nobody may have waited.
            _ = waiting.Task.Exception;
            if (!stopping.IsCancellationRequested) TellFailure(failure);
        }

        TellStanding();
    }

    private async Task PauseAsync(long began, CancellationToken stopping)
    {
        try
        {
            var left = Interval - time.GetElapsedTime(began);
            if (left > TimeSpan.Zero)
            {
                using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                await Task.WhenAny(signal.Asked, Task.Delay(left, time, over.Token));
                await over.CancelAsync();
            }

            var least = LeastInterval - time.GetElapsedTime(began);
            if (least > TimeSpan.Zero) await Task.Delay(least, time, stopping);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the loop sees it.
        }
    }

    private async Task ReapAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(ReapInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    if (await table.ReapAsync(stopping) is var reaped and > 0) Log.ReplicasReaped(log, reaped);
                }
                catch (Exception) when (!stopping.IsCancellationRequested)
                {
                    // The feed meets the same database, and tells.
                }
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Stopping; a database's driver has names of its own for that.
        }
    }

    private void TellFailure(StoreUnavailableException failure)
    {
        metrics.FeedFailed();
        _failing.Failed(failure.Failure);
    }

    private void TellStanding()
    {
        var standing = belief.IsStanding(Moment.Now(time));
        if (standing && !_hadLease) Log.LeaseRegained(log);
        _hadLease |= standing;
        if (standing) _noLease.Succeeded();
        else if (_hadLease) _noLease.Failed("not renewed");
    }
}
