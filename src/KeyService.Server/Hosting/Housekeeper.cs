using KeyService.Server.Audit;
using KeyService.Server.Issuance;
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

    /// <summary>One round.</summary>
    public async Task CleanUpAsync(CancellationToken cancellation)
    {
        try
        {
            var records = await requests.PurgeAsync(cancellation);
            var events = await audit.PurgeAsync(time.GetUtcNow() - options.AuditRetention, cancellation);
            var sessionKeys = await sessions.PurgeAsync(cancellation);
            var endedSessions = await ended.PurgeAsync(cancellation);
            metrics.Purged("RequestRecords", records);
            metrics.Purged("AuditEvents", events);
            metrics.Purged("SessionKeys", sessionKeys);
            metrics.Purged("EndedSessions", endedSessions);
            if (records + events + sessionKeys + endedSessions > 0) Log.CleanedUp(log, records, events, sessionKeys, endedSessions);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.CleanUpFailed(log, StoreErrors.CauseOf(e));
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
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
