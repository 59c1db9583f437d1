using System.Security.Claims;
using KeyService.AdminConsole.Layout;
using KeyService.AdminConsole.OpenApi;
using KeyService.AdminConsole.Service;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.AdminConsole.SignIn;

/// <summary>Where a session begins and is kept alive (it ends in <see cref="SessionEnd"/>). A credential travels in the body of a form, never in a URL.</summary>
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
        endpoints.MapGet(LinkPath, (ConsoleOptions options) => SignInAnswer.Page(options, SignInProblem.None, @return: null));
        endpoints.MapPost("/session/credential", SignInAsync).DisableAntiforgery();
        endpoints.MapPost("/session/link", FollowLinkAsync).DisableAntiforgery();
        endpoints.MapGet("/session/oidc", ChallengeAsync);
        endpoints.MapGet(AgainPath, (Delegate)SessionEnd.CheckAgainAsync);
        endpoints.MapPost("/session/sign-out", SessionEnd.SignOutAsync).DisableAntiforgery();
        endpoints.MapGet(IssuerSignOutPath, (Delegate)SessionEnd.SignOutAtIssuerAsync);
        endpoints.MapPost("/session/idle", SessionEnd.ForIdleAsync).DisableAntiforgery();
        endpoints.MapPost(TouchPath, TouchAsync).DisableAntiforgery();
        endpoints.MapPost("/session/scheme", ChooseSchemeAsync).DisableAntiforgery();
        // Where a form was sent: reloaded by its address alone.
        foreach (var path in (string[])["/session/credential", "/session/link", "/session/sign-out"]) endpoints.MapGet(path, () => Results.LocalRedirect(SignInPath));
    }

    private static IResult ShowAsync(HttpContext http, ConsoleOptions options, string? @return, string? problem) =>
        http.User.Identity?.IsAuthenticated == true && problem is null
            ? Results.LocalRedirect(SignInAnswer.Local(@return))
            : SignInAnswer.Page(options, Enum.TryParse<SignInProblem>(problem, ignoreCase: true, out var known) ? known : SignInProblem.None, @return);

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
        var problem = await antiforgery.IsRequestValidAsync(http) ? await begin() : SignInProblem.Stale;
        if (problem == SignInProblem.None)
        {
            ColourScheme.Begin(http, http.Request.Form["scheme"]);
            return Results.LocalRedirect(SignInAnswer.Local(@return));
        }

        if (problem is not (SignInProblem.Away or SignInProblem.Stale) && !await throttle.FailAsync(http.Connection.RemoteIpAddress)) problem = SignInProblem.Slow;
        http.RequestServices.GetRequiredService<SignInMetrics>().Failed(problem);
        return SignInAnswer.Page(options, problem, @return);
    }

    private static async Task<SignInProblem> BeginAsync(HttpContext http, ServiceChannel channel, string credential)
    {
        var problem = await TryAsync(http, channel, credential);
        if (problem != SignInProblem.None) return problem;
        await SessionEnd.EndFormerAsync(http);
        var identity = new ClaimsIdentity(
            [.. Person.Begin(http.RequestServices.GetRequiredService<TimeProvider>()), new(Person.CredentialClaim, credential), new(Person.NameClaim, MaskedKey.OfCredential(credential))],
            CookieAuthenticationDefaults.AuthenticationScheme);
        await http.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, new(identity));
        return SignInProblem.None;
    }

    /// <summary>Whether the service takes it from this person: none, a credential that does not hold, or nobody to ask.</summary>
    public static async Task<SignInProblem> TryAsync(HttpContext http, ServiceChannel channel, string credential)
    {
        try
        {
            await KeyServiceCalls.CheckAsync(channel, credential, http.Connection.RemoteIpAddress, http.RequestAborted);
            return SignInProblem.None;
        }
        catch (CallProblem problem)
        {
            return problem.Kind == ProblemKind.SignedOut ? SignInProblem.Credential : SignInProblem.Away;
        }
    }

    private static async Task<IResult> ChallengeAsync(HttpContext http, ConsoleOptions options, string? @return, string? scheme)
    {
        if (options.Oidc is null) return Results.NotFound();
        ColourScheme.Begin(http, scheme);
        if (!await OidcSignIn.IsThereAsync(http)) return Results.LocalRedirect(SignInAnswer.Address(SignInProblem.Issuer, @return));
        return Results.Challenge(new() { RedirectUri = SignInAnswer.Local(@return) }, [OidcScheme]);
    }

    /// <summary>By the page itself, when somebody was there: the cookie is renewed.</summary>
    private static async Task<IResult> TouchAsync(HttpContext http, IAntiforgery antiforgery, LiveSessions live)
    {
        if (http.User.Identity?.IsAuthenticated != true) return Results.Unauthorized();
        if (!await antiforgery.IsRequestValidAsync(http)) return Results.BadRequest();
        live.Touch(http.User);
        return Results.NoContent();
    }

    private static async Task<IResult> ChooseSchemeAsync(HttpContext http, IAntiforgery antiforgery, [FromForm] string? scheme)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) return Results.BadRequest();
        ColourScheme.Choose(http, scheme);
        return Results.NoContent();
    }

    /// <summary>Of each cookie that comes: not of a session that ended, or is too old, and with a token that still holds.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (!await services.GetRequiredService<EndedSessions>().HoldsAsync(context.Principal!)) context.RejectPrincipal();
        else if (services.GetRequiredService<ConsoleOptions>().Oidc is not null) await services.GetRequiredService<TokenRefresher>().RefreshAsync(context);
        if (context.Principal is { } person) services.GetRequiredService<LiveSessions>().Keep(person);
    }
}
