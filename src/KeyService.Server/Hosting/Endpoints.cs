using KeyService.Server.Grpc;
using KeyService.Server.Lookup;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace KeyService.Server.Hosting;

/// <summary>What answers at which address.</summary>
internal static class Endpoints
{
    public static void MapKeyService(this WebApplication app, ServerOptions options)
    {
        app.Use((context, next) =>
        {
            if (Listeners.Allows(context)) return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        app.Use(MessageLimits.TellTooLarge);
        app.UseRouting();
        app.Use(JsonBodies.Check);
        RoleSettings.Apply(options.Roles, app.MapGrpcService<ApiKeyGrpcService>());
        app.MapGrpcHealthChecksService();
        if (app.Environment.IsDevelopment()) app.MapGrpcReflectionService();

        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready");
        app.Services.GetRequiredService<Metrics>().ObserveCache(() => app.Services.GetRequiredService<MemoryKeyCache>().Count);
        app.MapPrometheusScrapingEndpoint("/metrics");
    }
}
