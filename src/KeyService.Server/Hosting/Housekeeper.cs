using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Sessions;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary>Once an hour removes idempotency records, audit events, session keys and ended sessions beyond their retention.</summary>
internal sealed class Housekeeper(
    RequestRecords requests, AuditPurger audit, SessionKeys sessions, EndedSessionStore ended, ServerOptions options, TimeProvider time, Metrics metrics, ILogger<Housekeeper> log)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Soon after the start: a process that never lives an hour cleans up too.</summary>
    private static readonly TimeSpan FirstRound = TimeSpan.FromMinutes(1);

    /// <summary>One round. The failure of one job is logged and keeps none of the others.</summary>
    public async Task CleanUpAsync(CancellationToken cancellation)
    {
        var records = await RunAsync("RequestRecords", requests.PurgeAsync, cancellation);
        var events = await RunAsync("AuditEvents", token => audit.PurgeAsync(time.GetUtcNow() - options.AuditRetention, token), cancellation);
        var sessionKeys = await RunAsync("SessionKeys", sessions.PurgeAsync, cancellation);
        var endedSessions = await RunAsync("EndedSessions", ended.PurgeAsync, cancellation);
        if (records + events + sessionKeys + endedSessions > 0) Log.CleanedUp(log, records, events, sessionKeys, endedSessions);
    }

    private async Task<long> RunAsync(string table, Func<CancellationToken, Task<long>> purge, CancellationToken cancellation)
    {
        try
        {
            var rows = await purge(cancellation);
            metrics.Purged(table, rows);
            return rows;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            Log.CleanUpFailed(log, table, StoreErrors.CauseOf(e));
            return 0;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FirstRound, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                timer.Period = Interval;
                await CleanUpAsync(stoppingToken);
            }
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped. A database driver may throw an exception of its own type for that.
        }
    }
}
