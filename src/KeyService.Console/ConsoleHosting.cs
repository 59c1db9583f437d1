using KeyService.AdminConsole.Layout;
using KeyService.AdminConsole.Service;
using KeyService.AdminConsole.SignIn;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Services;

namespace KeyService.AdminConsole;

/// <summary>The console in a web application: what it is made of, what its requests pass, and where its pages are.</summary>
public static class ConsoleHosting
{
    /// <summary>The page takes three times as long without a word for a lost connection (<c>console.js</c>).</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(4);

    private const string SessionCookie = "keyservice-session";

    /// <summary>Sessions are protected by whatever Data Protection the application has.</summary>
    public static IServiceCollection AddKeyServiceConsole(this IServiceCollection services, ConsoleOptions options)
    {
        services.AddSingleton(options).AddSingleton<ServiceChannel>().AddSingleton<OneTimeLink>().AddSingleton<SignInThrottle>().AddSingleton<SignInMetrics>().AddSingleton<IssuerFailureLog>()
            .AddSingleton<EndedSessions>().AddSingleton<LiveSessions>().AddSingleton<TokenRefresher>()
            .AddScoped<KeyServiceCalls>().AddScoped<BrowserClock>().AddScoped<CircuitActivity>().AddScoped<CircuitHandler>(provider => provider.GetRequiredService<CircuitActivity>());
        services.AddRazorComponents().AddInteractiveServerComponents(circuit =>
        {
            circuit.DetailedErrors = false;
            // A page whose person comes back within that time goes on where it was.
            circuit.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
        }).AddHubOptions(hub => hub.KeepAliveInterval = KeepAlive);
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.TopRight;
            mud.SnackbarConfiguration.PreventDuplicates = false;
            mud.SnackbarConfiguration.ShowTransitionDuration = 150;
            // What fades for long cannot be read for long.
            mud.SnackbarConfiguration.HideTransitionDuration = 150;
            mud.SnackbarConfiguration.MaxDisplayedSnackbars = 4;
        });
        services.AddCascadingAuthenticationState().AddAuthorization();
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "keyservice-form";
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            // As the session's: a link from elsewhere that brought the one without the other would make a new one, and void the forms of all open pages.
            antiforgery.Cookie.SameSite = SameSiteMode.Lax;
        });
        var authentication = services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie => Configure(cookie, options));
        if (options.Oidc is { } oidc) OidcSignIn.Add(authentication, oidc);
        return services;
    }

    /// <summary>For requests of the console alone: behind routing, before the endpoints.</summary>
    public static IApplicationBuilder UseKeyServiceConsole(this IApplicationBuilder app, ConsoleOptions options)
    {
        if (options.KnownProxies.Count > 0)
        {
            var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost };
            // As many as are named: behind the second, everybody would else come from the first.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in options.KnownProxies) forwarded.KnownProxies.Add(proxy);
            app.UseForwardedHeaders(forwarded);
        }

        return app.Use(PageGuard.InvokeAsync).UseAuthentication().UseAuthorization().UseAntiforgery().Use(PersonAddress.NoteAsync);
    }

    /// <summary>Whether a request presents a session, valid or not.</summary>
    public static bool HasSession(HttpRequest request) => request.Cookies.ContainsKey(SessionCookie);

    /// <summary>Pages, their files, and where sessions begin and end.</summary>
    public static void MapKeyServiceConsole(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapStaticAssets();
        SessionEndpoints.Map(endpoints);
        // Its own header would say it a second time.
        endpoints.MapRazorComponents<App>().AddInteractiveServerRenderMode(render => render.ContentSecurityFrameAncestorsPolicy = null).RequireAuthorization();
    }

    private static void Configure(CookieAuthenticationOptions cookie, ConsoleOptions options)
    {
        cookie.Cookie.Name = SessionCookie;
        cookie.Cookie.HttpOnly = true;
        // Lax, not Strict: who comes back from the issuer, or follows a link to a page, is signed in.
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.LoginPath = SessionEndpoints.SignInPath;
        cookie.AccessDeniedPath = SessionEndpoints.SignInPath;
        cookie.ReturnUrlParameter = "return";
        cookie.ExpireTimeSpan = options.IdleTimeout;
        cookie.SlidingExpiration = true;
        cookie.Events.OnValidatePrincipal = SessionEndpoints.ValidateAsync;
        // By itself a session is renewed in the second half of its life alone: who was there in the first would be gone too early.
        cookie.Events.OnCheckSlidingExpiration = context =>
        {
            context.ShouldRenew |= context.Request.Path == SessionEndpoints.TouchPath;
            return Task.CompletedTask;
        };
    }
}
