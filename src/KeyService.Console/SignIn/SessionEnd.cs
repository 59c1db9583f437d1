using System.Security.Claims;
using KeyService.AdminConsole.Service;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.AdminConsole.SignIn;

/// <summary>How a session ends: by its person, by nobody being there, by what they signed in with, or by the next one.</summary>
internal static class SessionEnd
{
    /// <summary>Where a page goes when the service says that its credential does not hold: a token that had ended was replaced on the way here.</summary>
    public static async Task<IResult> CheckAgainAsync(HttpContext http, ServiceChannel channel, string? @return)
    {
        // Ended already, as by signing out in another tab: nothing was wrong with what they signed in with.
        if (Person.CredentialOf(http.User) is not { } credential) return Results.LocalRedirect(SignInAnswer.Address(SignInProblem.SignedOut, @return));
        if (await SessionEndpoints.TryAsync(http, channel, credential) != SignInProblem.Credential) return Results.LocalRedirect(SignInAnswer.Local(@return));
        await EndAsync(http);
        return Results.LocalRedirect(SignInAnswer.Address(SignInProblem.Ended, @return));
    }

    public static async Task<IResult> SignOutAsync(HttpContext http, IAntiforgery antiforgery, ConsoleOptions options)
    {
        if (!await IsAskedByPageAsync(http, antiforgery)) return SignInAnswer.Page(options, SignInProblem.Stale, @return: null);
        var problem = Person.IsNamedByIssuer(http.User) && await OidcSignIn.HasSignOutAsync(http) ? SignInProblem.SignedOutHere : SignInProblem.SignedOut;
        await EndAsync(http);
        return Results.LocalRedirect($"{SessionEndpoints.SignInPath}?problem={problem}");
    }

    /// <summary>Not with the session's end: who signs out there is signed out of everything that trusts the issuer, which is theirs to say.</summary>
    public static async Task<IResult> SignOutAtIssuerAsync(HttpContext http) => await OidcSignIn.HasSignOutAsync(http)
        ? Results.SignOut(new() { RedirectUri = $"{SessionEndpoints.SignInPath}?problem={SignInProblem.SignedOut}" }, [SessionEndpoints.OidcScheme])
        : Results.LocalRedirect(SessionEndpoints.SignInPath);

    /// <summary>By the page itself, when nobody was there for too long.</summary>
    public static async Task<IResult> ForIdleAsync(HttpContext http, IAntiforgery antiforgery)
    {
        if (!await IsAskedByPageAsync(http, antiforgery)) return Results.BadRequest();
        await EndAsync(http);
        return Results.NoContent();
    }

    /// <summary>The session that the browser had until now: who signs in again leaves none behind, nor a copy of its cookie.</summary>
    public static async Task EndFormerAsync(HttpContext http)
    {
        var former = await http.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        if (former.Principal is { } person) await ForgetAsync(http, person);
    }

    /// <summary>
    /// A page's token is of one session, and who signed in again in another tab has another by now. They get out all the same: the browser's own word for the
    /// page that asks will do. Without either, nobody is signed out.
    /// </summary>
    private static async Task<bool> IsAskedByPageAsync(HttpContext http, IAntiforgery antiforgery) =>
        PageGuard.IsOfThisOrigin(http.Request) || await antiforgery.IsRequestValidAsync(http);

    private static async Task EndAsync(HttpContext http)
    {
        await ForgetAsync(http, http.User);
        await http.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
    }

    private static async Task ForgetAsync(HttpContext http, ClaimsPrincipal person)
    {
        await http.RequestServices.GetRequiredService<EndedSessions>().AddAsync(Person.SessionOf(person));
        http.RequestServices.GetRequiredService<LiveSessions>().Forget(person);
    }
}
