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
            var isGrpc = JsonCalls.IsGrpcPath(context.Request.Path);
            if (Listeners.Allows(context, options, isGrpc)) return isGrpc ? WireErrors.Explain(context, next) : next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        if (options.Roles.HasFlag(Roles.Validation)) app.Use(app.Services.GetRequiredService<ValidateKeyAtOnce>().InvokeAsync);
        app.UseRouting();
        app.Use(app.Services.GetRequiredService<CallGate>().InvokeAsync);
        // Kept off the way of gRPC calls.
        app.UseWhen(context => !JsonCalls.IsGrpcPath(context.Request.Path), http => http
            .UseStatusCodePages(pages => JsonCalls.WriteStatusAsync(pages.HttpContext))
            .Use(JsonCalls.Check));
#if TEST_HOOKS
        TestHooks.EmptyService.Map(app);
#endif
        var service = app.MapGrpcService<ApiKeyGrpcService>();
        RoleSettings.Apply(options.Roles, service);
        CallRules.Apply(service);
        app.MapGrpcHealthChecksService();
        if (app.Environment.IsDevelopment()) app.MapGrpcReflectionService();

        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready");
        app.Services.GetRequiredService<Metrics>().ObserveCache(() => app.Services.GetRequiredService<MemoryKeyCache>().Count);
        app.MapPrometheusScrapingEndpoint("/metrics");
    }
}
