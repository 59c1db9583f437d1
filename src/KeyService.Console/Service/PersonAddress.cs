using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace KeyService.AdminConsole.Service;

/// <summary>
/// The address of the request, or of the page's connection, by which a person is here: a claim of this request's principal, never of the session's cookie. A
/// page that connects again has the principal, and so the address, of its new connection.
/// </summary>
internal static class PersonAddress
{
    private const string Claim = "keyservice:address";

    /// <summary>Behind what knows the proxies, and behind the cookie's check.</summary>
    public static Task NoteAsync(HttpContext http, RequestDelegate next)
    {
        if (http.User.Identity?.IsAuthenticated == true && http.Connection.RemoteIpAddress is { } address)
        {
            // An identity of its own, without an authentication type: nothing else takes it for a part of who is signed in.
            http.User = new([.. http.User.Identities, new ClaimsIdentity([new(Claim, address.ToString())])]);
        }

        return next(http);
    }

    /// <summary>Null when it is not known.</summary>
    public static IPAddress? Of(ClaimsPrincipal person) =>
        person.Identities.Where(identity => !identity.IsAuthenticated).SelectMany(identity => identity.FindAll(Claim)).LastOrDefault() is { } claim
        && IPAddress.TryParse(claim.Value, out var address) ? address : null;
}
