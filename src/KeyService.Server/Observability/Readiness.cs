using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Observability;

/// <summary>Whether this process should get calls: its listeners and the database answer, and it is not about to stop. Asked by the health endpoints.</summary>
/// <param name="silentListener">Connects to the listeners; the port of one that does not answer and why, or null.</param>
/// <param name="ping">Asks the database; throws when it does not answer.</param>
/// <param name="causeOf">Why it does not, in fixed words.</param>
/// <param name="follows">Whether the replica follows the feed.</param>
/// <param name="lifetime">Tells when the process begins to stop.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it is logged.</param>
/// <param name="metrics">Where it is counted.</param>
internal sealed class Readiness(
    Func<Task<(int Port, string Failure)?>> silentListener, Func<CancellationToken, Task> ping, Func<Exception, string> causeOf, Func<bool> follows,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Readiness> log, Metrics metrics) : IHealthCheck
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);
    private readonly LastingFailure _unanswered = new(new("ready", Log.NotReady, Log.Ready), metrics, time, log, FailureEnd.Success, quiet: TimeSpan.Zero);
    private readonly LastingFailure _silent = new(new("listeners", Log.ListenerSilent, Log.ListenersBack), metrics, time, log, FailureEnd.Success, quiet: TimeSpan.Zero);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return HealthCheckResult.Unhealthy("stopping");
        if (await silentListener().WaitAsync(cancellationToken) is var (port, failure))
        {
            _silent.Failed($"port {port}: {failure}");
            return HealthCheckResult.Unhealthy("a listener does not answer");
        }

        _silent.Succeeded();
        try
        {
            await ping(cancellationToken).WaitAsync(Bound, time, cancellationToken);
            if (!follows()) return HealthCheckResult.Unhealthy("the replica does not follow the feed yet");
            _unanswered.Succeeded();
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _unanswered.Failed(causeOf(e));
            return HealthCheckResult.Unhealthy("the database does not answer");
        }
    }
}
