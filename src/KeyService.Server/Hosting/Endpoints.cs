using KeyService.AdminConsole;
using KeyService.Server.Grpc;
using KeyService.Server.Hosting.Connections;
using KeyService.Server.Lookup;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace KeyService.Server.Hosting;

/// <summary>What answers at which address.</summary>
internal static class Endpoints
{
    private static readonly string[] ApiPaths = ["/v1", "/health", "/metrics"];

    public static void MapKeyService(this WebApplication app, ServerOptions options)
    {
        KeepOwnOrder(app);
        var guard = new ApiGuard(app);
        app.Use((context, next) =>
        {
            var isGrpc = JsonCalls.IsGrpcPath(context.Request.Path);
            if (!HttpProtocol.IsHttp2(context.Request.Protocol)) Listeners.BoundBody(context);
            if (!HeaderLimits.AreMet(context.Request.Headers)) return EndedRequests.ForgetHeaders(context, request => HeaderLimits.RefuseAsync(request, isGrpc));
            if (Listeners.Allows(context, options, isGrpc))
                return isGrpc ? WireErrors.Explain(context, next) : IsOfApi(context.Request.Path, options) ? guard.InvokeAsync(context, next) : next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        if (options.Roles.HasFlag(Roles.Validation)) app.Use(app.Services.GetRequiredService<ValidateKeyAtOnce>().InvokeAsync);
        app.Use(EndedRequests.ForgetHeaders);
        app.UseRouting();
        app.Use(app.Services.GetRequiredService<OtherBodies>().InvokeAsync);
        app.Use(app.Services.GetRequiredService<ResponseBound>().InvokeAsync);
        app.UseWhen(context => JsonCalls.IsGrpcPath(context.Request.Path), grpc => grpc.Use(ApiGuard.InvokeGrpcAsync));
        app.Use(app.Services.GetRequiredService<CallGate>().InvokeAsync);
        app.Use(app.Services.GetRequiredService<HealthCalls>().InvokeAsync);
        // Kept off the way of gRPC calls.
        app.UseWhen(context => IsOfApi(context.Request.Path, options), http => http
            .UseStatusCodePages(pages => JsonErrors.WriteStatusAsync(pages.HttpContext))
            .Use(JsonCalls.Check));
        if (options.Console is { } console)
        {
            app.Use(ApiGuard.InvokeConsole);
            var anonymous = app.Services.GetRequiredService<AnonymousPages>();
            app.UseWhen(context => !JsonCalls.IsGrpcPath(context.Request.Path) && !IsOfApi(context.Request.Path, options), pages => pages
                .Use(anonymous.InvokeWithoutSession).UseKeyServiceConsole(console).Use(NoteSignedIn).Use(anonymous.InvokeWithSession)
                .UseWebSockets()
                .Use(new OpenPages(app.Services.GetRequiredService<ConnectionMetrics>()).InvokeAsync)
                .Use(new KeptFiles().InvokeAsync));
            app.MapKeyServiceConsole();
        }

#if TEST_HOOKS
        TestHooks.EmptyService.Map(app);
#endif
        var service = app.MapGrpcService<ApiKeyGrpcService>();
        RoleSettings.Apply(options.Roles, service);
        CallRules.Apply(service);
        ApiGuard.MarkJson(service);
        app.MapGrpcHealthChecksService();
        if (app.Environment.IsDevelopment()) app.MapGrpcReflectionService();

        ApiGuard.Mark(app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }));
        ApiGuard.Mark(app.MapHealthChecks("/health/ready"));
        app.Services.GetRequiredService<Metrics>().ObserveCache(() => app.Services.GetRequiredService<MemoryKeyCache>().Count);
        var metrics = app.MapPrometheusScrapingEndpoint("/metrics");
        metrics.Add(app.Services.GetRequiredService<MetricsPages>().Share);
        ApiGuard.Mark(metrics);
    }

    /// <summary>
    /// A web application that has sessions puts their check in front of every request by itself: of each validation too, and before it is known whether the
    /// request may have a session at all. Here it stands where the console's requests pass.
    /// </summary>
    private static void KeepOwnOrder(IApplicationBuilder app)
    {
        app.Properties["__AuthenticationMiddlewareSet"] = true;
        app.Properties["__AuthorizationMiddlewareSet"] = true;
    }

    /// <summary>A connection with a signed-in person is not replaced by a new one, and counts in the share of that person.</summary>
    private static Task NoteSignedIn(HttpContext http, RequestDelegate next)
    {
        if (http.User.Identity is { IsAuthenticated: true }) http.Features.Get<OpenConnection>()?.MarkAuthenticated(OpenPages.HolderOf(http));
        return next(http);
    }

    /// <summary>Whether a path is JSON, health or metrics; without a console everything is that is not gRPC.</summary>
    private static bool IsOfApi(PathString path, ServerOptions options) => !JsonCalls.IsGrpcPath(path)
        && (options.Console is null || Array.Exists(ApiPaths, api => path.StartsWithSegments(api, StringComparison.OrdinalIgnoreCase)));
}
