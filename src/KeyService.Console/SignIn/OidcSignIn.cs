using System.Globalization;
using System.Net;
using System.Security.Claims;
using KeyService.AdminConsole.Service;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace KeyService.AdminConsole.SignIn;

/// <summary>
/// Sign-in at an OpenID Connect issuer: authorization code with PKCE. The session keeps the access token, with which the service is called as the person,
/// so the service itself decides what they may do; a token that ends is replaced while the person stays.
/// </summary>
internal static class OidcSignIn
{
    private const string RefreshClaim = "keyservice:refresh-token";
    private const string EndClaim = "keyservice:token-end";

    /// <summary>A token that ends sooner than this is replaced at the next page.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    public static void Add(AuthenticationBuilder authentication, ConsoleOidcOptions issuer)
    {
        authentication.AddOpenIdConnect(SessionEndpoints.OidcScheme, oidc =>
        {
            oidc.Authority = issuer.Authority;
            oidc.RequireHttpsMetadata = issuer.Authority.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
            oidc.ClientId = issuer.ClientId;
            oidc.ClientSecret = issuer.ClientSecret;
            oidc.ResponseType = OpenIdConnectResponseType.Code;
            // A form that another site sends brings no cookie of ours.
            oidc.ResponseMode = OpenIdConnectResponseMode.Query;
            oidc.UsePkce = true;
            oidc.CallbackPath = "/session/oidc-callback";
            // For whom the access token is to be. A resource is a URI (RFC 8707); of another audience the issuer knows by itself.
            if (issuer.Audience.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) oidc.Resource = issuer.Audience;
            oidc.Scope.Add("offline_access");
            oidc.MapInboundClaims = false;
            oidc.SaveTokens = false;
            oidc.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
            foreach (var cookie in (CookieBuilder[])[oidc.CorrelationCookie, oidc.NonceCookie])
                (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
            oidc.Events.OnTokenValidated = Keep;
            oidc.Events.OnRemoteFailure = context =>
            {
                context.Response.Redirect($"{SessionEndpoints.SignInPath}?problem={SignInProblem.Issuer}");
                context.HandleResponse();
                return Task.CompletedTask;
            };
        });
        authentication.Services.Configure<CookieAuthenticationOptions>(
            CookieAuthenticationDefaults.AuthenticationScheme, cookie => cookie.Events.OnValidatePrincipal = RefreshAsync);
    }

    /// <summary>Of all that the issuer said, the session keeps the name and the tokens.</summary>
    private static async Task Keep(TokenValidatedContext context)
    {
        var services = context.HttpContext.RequestServices;
        var person = context.Principal!;
        var name = person.FindFirstValue("name") ?? person.FindFirstValue("preferred_username") ?? person.FindFirstValue("email") ?? person.FindFirstValue("sub") ?? "";
        var tokens = context.TokenEndpointResponse!;
        // A token that is not for the service would end the session at its first page.
        if (await SessionEndpoints.TryAsync(services.GetRequiredService<ServiceChannel>(), tokens.AccessToken, context.HttpContext.RequestAborted) == SignInProblem.Credential)
            context.Fail("The service does not take the access token.");
        else context.Principal = With(name, tokens, services.GetRequiredService<TimeProvider>());
    }

    private static ClaimsPrincipal With(string name, OpenIdConnectMessage tokens, TimeProvider time, string? refreshToken = null)
    {
        List<Claim> claims = [new(Person.CredentialClaim, tokens.AccessToken), new(Person.NameClaim, name), new(Person.NamedByIssuerClaim, "1")];
        if ((tokens.RefreshToken ?? refreshToken) is { Length: > 0 } refresh) claims.Add(new(RefreshClaim, refresh));
        if (int.TryParse(tokens.ExpiresIn, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            claims.Add(new(EndClaim, time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        return new(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme));
    }

    private static async Task RefreshAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var time = services.GetRequiredService<TimeProvider>();
        var person = context.Principal!;
        if (!long.TryParse(person.FindFirstValue(EndClaim), NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            || DateTimeOffset.FromUnixTimeSeconds(end) - time.GetUtcNow() > Margin)
        {
            return;
        }

        var oidc = services.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get(SessionEndpoints.OidcScheme);
        var answer = person.FindFirstValue(RefreshClaim) is { } refreshToken ? await AskAsync(oidc, refreshToken, context.HttpContext.RequestAborted) : null;
        if (answer is { } tokens)
        {
            context.ReplacePrincipal(With(Person.NameOf(person), tokens, time, person.FindFirstValue(RefreshClaim)));
            context.ShouldRenew = true;
        }
        else if (DateTimeOffset.FromUnixTimeSeconds(end) <= time.GetUtcNow())
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        }
    }

    /// <summary>Null when the issuer gives none.</summary>
    private static async Task<OpenIdConnectMessage?> AskAsync(OpenIdConnectOptions oidc, string refreshToken, CancellationToken cancellation)
    {
        try
        {
            var issuer = await oidc.ConfigurationManager!.GetConfigurationAsync(cancellation);
            var form = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken, ["client_id"] = oidc.ClientId!,
            };
            if (oidc.ClientSecret is { Length: > 0 } secret) form["client_secret"] = secret;
            using var body = new FormUrlEncodedContent(form);
            using var response = await oidc.Backchannel.PostAsync(new Uri(issuer.TokenEndpoint), body, cancellation);
            return response.StatusCode == HttpStatusCode.OK ? new OpenIdConnectMessage(await response.Content.ReadAsStringAsync(cancellation)) : null;
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or TaskCanceledException or IOException)
        {
            // The issuer is away: the token holds until it ends.
            return null;
        }
    }
}
