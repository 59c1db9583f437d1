using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;

namespace KeyService.Server.Canary;

/// <summary>A round every interval. Whatever a round meets ends that round, never the process; a stop ends it at once.</summary>
internal sealed class CanaryLoop(
    CanaryRound round, ReplicaTable table, CanaryOptions options, IHostApplicationLifetime lifetime, TimeProvider time, CanaryMetrics metrics,
    ILogger<CanaryLoop> log, Metrics conditions) : BackgroundService
{
    private readonly LastingFailure _failing = new(new("canary", Log.CanaryFailed), conditions, time, log);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The listeners wait for calls under way before this service is told to stop: those of the canary are not worth waiting for.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(options.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token)) await RunAsync(stopping.Token);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Stopped. A database driver may throw an exception of its own type for that.
        }
    }

    /// <summary>One round; a failure is told, not thrown, and once until a round succeeds.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            var look = await table.LookAsync().WaitAsync(stopping);
            // A row whose beat stood still for its lease is nobody's any more.
            metrics.Ended(await round.RunAsync([.. look.Rows.Where(found => found.Still <= found.Row.Lease).Select(found => found.Row)], stopping));
            _failing.Succeeded();
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            metrics.Ended(RoundOutcome.Failed);
            _failing.Failed(FailureOf(e));
        }
    }

    private static string FailureOf(Exception e) => e switch
    {
        StoreUnavailableException store => store.Failure,
        RefusedException refused => $"{refused.Reason} {refused.Subject}",
        _ => e.GetType().Name,
    };
}
