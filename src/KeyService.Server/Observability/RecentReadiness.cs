using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Observability;

/// <summary>
/// What <see cref="Readiness"/> said within the last second. Health endpoints need no credential: however often they are called, the database is asked once a
/// second, for all together.
/// </summary>
internal sealed class RecentReadiness(Readiness readiness, IHostApplicationLifetime lifetime, TimeProvider time) : IHealthCheck
{
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<HealthCheckResult>? _check;
    private long _begun;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // Known at once, and asks no database.
        if (lifetime.ApplicationStopping.IsCancellationRequested) return readiness.CheckHealthAsync(context, cancellationToken);
        Task<HealthCheckResult> check;
        lock (_lock)
        {
            if (_check is null || (_check.IsCompleted && time.GetElapsedTime(_begun) >= MaxAge))
            {
                _begun = time.GetTimestamp();
                // The caller that asks first may go away; the others wait for the same answer.
                _check = Task.Run(() => readiness.CheckHealthAsync(context, CancellationToken.None), CancellationToken.None);
            }

            check = _check;
        }

        return check.WaitAsync(cancellationToken);
    }
}
