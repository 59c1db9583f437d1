using System.Security.Claims;
using KeyService.AdminConsole.Layout;
using KeyService.AdminConsole.OpenApi;
using KeyService.AdminConsole.Service;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.AdminConsole.SignIn;

/// <summary>Where a session begins, is kept alive, and ends. A credential travels in the body of a form, never in a URL.</summary>
internal static class SessionEndpoints
{
    public const string SignInPath = "/sign-in";
    public const string TouchPath = "/session/touch";
    public const string AgainPath = "/session/again";
    public const string IssuerSignOutPath = "/session/oidc-sign-out";
    public const string OidcScheme = "oidc";

    /// <summary>Always shows the page, whose script follows the link: a redirect would take the token along.</summary>
    public const string LinkPath = "/sign-in/link";

    private const int MaxCredentialLength = 256;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(SignInPath, ShowAsync);
        endpoints.MapGet(LinkPath, (ConsoleOptions options) => Page(options, SignInProblem.None, @return: null));
        endpoints.MapPost("/session/credential", SignInAsync).DisableAntiforgery();
        endpoints.MapPost("/session/link", FollowLinkAsync).DisableAntiforgery();
        endpoints.MapGet("/session/oidc", Challenge);
        endpoints.MapGet(AgainPath, (Delegate)CheckAgainAsync);
        endpoints.MapPost("/session/sign-out", SignOutAsync).DisableAntiforgery();
        endpoints.MapGet(IssuerSignOutPath, (Delegate)SignOutAtIssuerAsync);
        endpoints.MapPost("/session/idle", EndAsync).DisableAntiforgery();
        endpoints.MapPost(TouchPath, TouchAsync).DisableAntiforgery();
        endpoints.MapPost("/session/scheme", ChooseSchemeAsync).DisableAntiforgery();
        // Where a form was sent: reloaded by its address alone.
        foreach (var path in (string[])["/session/credential", "/session/link", "/session/sign-out"]) endpoints.MapGet(path, () => Results.LocalRedirect(SignInPath));
    }

    private static IResult ShowAsync(HttpContext http, ConsoleOptions options, string? @return, string? problem) =>
        http.User.Identity?.IsAuthenticated == true && problem is null
            ? Results.LocalRedirect(Local(@return))
            : Page(options, Enum.TryParse<SignInProblem>(problem, ignoreCase: true, out var known) ? known : SignInProblem.None, @return);

    private static Task<IResult> SignInAsync(
        HttpContext http, IAntiforgery antiforgery, SignInThrottle throttle, ServiceChannel channel, ConsoleOptions options,
        [FromForm] string? credential, [FromForm] string? @return) => TryAsync(http, antiforgery, throttle, options, @return, async () =>
        {
            var presented = credential?.Trim() ?? "";
            // A token of an issuer is for who signs in there.
            if (presented.Length is 0 or > MaxCredentialLength || presented.Contains('.', StringComparison.Ordinal)) return SignInProblem.Credential;
            return await BeginAsync(http, channel, presented);
        });

    private static Task<IResult> FollowLinkAsync(
        HttpContext http, IAntiforgery antiforgery, SignInThrottle throttle, ServiceChannel channel, OneTimeLink link, ConsoleOptions options,
        [FromForm] string? token) => TryAsync(http, antiforgery, throttle, options, @return: null, async () =>
        {
            if (link.Redeem(token ?? "") is not { } credential) return SignInProblem.Link;
            var problem = await BeginAsync(http, channel, credential);
            if (problem == SignInProblem.Away) link.PutBack(token!, credential);
            return problem;
        });

    private static async Task<IResult> TryAsync(
        HttpContext http, IAntiforgery antiforgery, SignInThrottle throttle, ConsoleOptions options, string? @return, Func<Task<SignInProblem>> begin)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) return Page(options, SignInProblem.Stale, @return);
        using var attempt = throttle.Begin(http.Connection.RemoteIpAddress);
        if (attempt is null) return Page(options, SignInProblem.Slow, @return);
        var problem = await begin();
        attempt.Held = problem is SignInProblem.None or SignInProblem.Away;
        if (problem == SignInProblem.None) ColourScheme.Begin(http, http.Request.Form["scheme"]);
        return problem == SignInProblem.None ? Results.LocalRedirect(Local(@return)) : Page(options, problem, @return);
    }

    private static async Task<SignInProblem> BeginAsync(HttpContext http, ServiceChannel channel, string credential)
    {
        var problem = await TryAsync(channel, credential, http.RequestAborted);
        if (problem != SignInProblem.None) return problem;
        var identity = new ClaimsIdentity(
            [new(Person.SessionClaim, Person.NewSession()), new(Person.CredentialClaim, credential), new(Person.NameClaim, MaskedKey.OfCredential(credential))], CookieAuthenticationDefaults.AuthenticationScheme);
        await http.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, new(identity));
        return SignInProblem.None;
    }

    /// <summary>Whether the service takes it: none, a credential that does not hold, or nobody to ask.</summary>
    public static async Task<SignInProblem> TryAsync(ServiceChannel channel, string credential, CancellationToken cancellation)
    {
        try
        {
            await KeyServiceCalls.CheckAsync(channel, credential, cancellation);
            return SignInProblem.None;
        }
        catch (CallProblem problem)
        {
            return problem.Kind == ProblemKind.SignedOut ? SignInProblem.Credential : SignInProblem.Away;
        }
    }

    private static IResult Challenge(HttpContext http, ConsoleOptions options, string? @return, string? scheme)
    {
        if (options.Oidc is null) return Results.NotFound();
        ColourScheme.Begin(http, scheme);
        return Results.Challenge(new() { RedirectUri = Local(@return) }, [OidcScheme]);
    }

    /// <summary>Where a page goes when the service says that its credential does not hold: a token that had ended was replaced on the way here.</summary>
    private static async Task<IResult> CheckAgainAsync(HttpContext http, ServiceChannel channel, string? @return)
    {
        // Ended already, as by signing out in another tab: nothing was wrong with what they signed in with.
        if (Person.CredentialOf(http.User) is not { } credential) return Results.LocalRedirect($"{SignInPath}?problem={SignInProblem.SignedOut}&return={Uri.EscapeDataString(Local(@return))}");
        if (await TryAsync(channel, credential, http.RequestAborted) != SignInProblem.Credential) return Results.LocalRedirect(Local(@return));
        await EndSessionAsync(http);
        return Results.LocalRedirect($"{SignInPath}?problem={SignInProblem.Ended}&return={Uri.EscapeDataString(Local(@return))}");
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, IAntiforgery antiforgery, ConsoleOptions options)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) return Page(options, SignInProblem.Stale, @return: null);
        var problem = Person.IsNamedByIssuer(http.User) && await OidcSignIn.HasSignOutAsync(http) ? SignInProblem.SignedOutHere : SignInProblem.SignedOut;
        await EndSessionAsync(http);
        return Results.LocalRedirect($"{SignInPath}?problem={problem}");
    }

    /// <summary>Not with the session's end: who signs out there is signed out of everything that trusts the issuer, which is theirs to say.</summary>
    private static async Task<IResult> SignOutAtIssuerAsync(HttpContext http) => await OidcSignIn.HasSignOutAsync(http)
        ? Results.SignOut(new() { RedirectUri = $"{SignInPath}?problem={SignInProblem.SignedOut}" }, [OidcScheme])
        : Results.LocalRedirect(SignInPath);

    /// <summary>By the page itself, when nobody was there for too long.</summary>
    private static async Task<IResult> EndAsync(HttpContext http, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) return Results.BadRequest();
        await EndSessionAsync(http);
        return Results.NoContent();
    }

    /// <summary>By the page itself, when somebody was there: the cookie is renewed.</summary>
    private static async Task<IResult> TouchAsync(HttpContext http, IAntiforgery antiforgery) =>
        http.User.Identity?.IsAuthenticated != true ? Results.Unauthorized()
        : await antiforgery.IsRequestValidAsync(http) ? Results.NoContent()
        : Results.BadRequest();

    private static async Task<IResult> ChooseSchemeAsync(HttpContext http, IAntiforgery antiforgery, [FromForm] string? scheme)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) return Results.BadRequest();
        ColourScheme.Choose(http, scheme);
        return Results.NoContent();
    }

    private static async Task EndSessionAsync(HttpContext http)
    {
        await http.RequestServices.GetRequiredService<EndedSessions>().AddAsync(Person.SessionOf(http.User));
        await http.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
    }

    /// <summary>Of each cookie that comes: not of a session that ended, and with a token that still holds.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (await services.GetRequiredService<EndedSessions>().ContainsAsync(Person.SessionOf(context.Principal!))) context.RejectPrincipal();
        else if (services.GetRequiredService<ConsoleOptions>().Oidc is not null) await services.GetRequiredService<TokenRefresher>().RefreshAsync(context);
    }

    private static RazorComponentResult<SignInPage> Page(ConsoleOptions options, SignInProblem problem, string? @return) => new(new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        [nameof(SignInPage.Problem)] = problem,
        [nameof(SignInPage.Return)] = Local(@return),
        [nameof(SignInPage.WithIssuer)] = options.Oidc is not null,
    })
    {
        StatusCode = problem switch
        {
            SignInProblem.Credential or SignInProblem.Link => StatusCodes.Status401Unauthorized,
            SignInProblem.Slow => StatusCodes.Status429TooManyRequests,
            SignInProblem.Away => StatusCodes.Status503ServiceUnavailable,
            SignInProblem.Stale => StatusCodes.Status400BadRequest,
            _ => StatusCodes.Status200OK,
        },
    };

    /// <summary>A path of the console, whatever was asked for: nobody is sent elsewhere.</summary>
    private static string Local(string? path) =>
        path is ['/', ..] && !path.StartsWith("//", StringComparison.Ordinal) && !path.StartsWith("/\\", StringComparison.Ordinal)
        && !path.StartsWith(SignInPath, StringComparison.Ordinal) && !path.StartsWith("/session", StringComparison.Ordinal) && path.All(c => c is > ' ' and <= '~')
            ? path
            : "/";
}
