using KeyService.Server.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Hosting;

/// <summary>A process that takes changes is not ready while none can be written. One that only validates stays ready: it needs no writes.</summary>
internal sealed class WriteReadiness(ServerOptions options, WriteHealth health) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        options.Roles.HasFlag(Roles.Management) && health.Problem is { } cause ? HealthCheckResult.Unhealthy($"changes cannot be written ({cause})") : HealthCheckResult.Healthy());
}
