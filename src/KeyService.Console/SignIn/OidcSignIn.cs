using System.Security.Claims;
using KeyService.AdminConsole.Service;
using KeyService.Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace KeyService.AdminConsole.SignIn;

/// <summary>
/// Sign-in at an OpenID Connect issuer: authorization code with PKCE. The session keeps the access token, with which the service is called as the person,
/// so the service itself decides what they may do; a token that ends is replaced while the person stays (<see cref="TokenRefresher"/>).
/// </summary>
internal static class OidcSignIn
{
    private const int MaxReasonLength = 500;

    private static readonly string[] NameClaims = ["name", "preferred_username", "email", "sub"];

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
            oidc.SignedOutCallbackPath = "/session/oidc-signed-out";
            // A session ends by its person, who needs the page for it.
            oidc.RemoteSignOutPath = PathString.Empty;
            // For whom the access token is to be. A resource is a URI (RFC 8707); of another audience the issuer knows by itself, or is told as the settings say.
            var isUri = issuer.Audience.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
            var parameter = issuer.AudienceParameter ?? (isUri ? AudienceParameter.Resource : AudienceParameter.None);
            if (parameter == AudienceParameter.Resource) oidc.Resource = issuer.Audience;
            if (parameter == AudienceParameter.Audience) oidc.AdditionalAuthorizationParameters.Add("audience", issuer.Audience);
            oidc.Scope.Clear();
            foreach (var word in issuer.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries)) oidc.Scope.Add(word);
            oidc.MapInboundClaims = false;
            oidc.SaveTokens = false;
            oidc.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
            foreach (var cookie in (CookieBuilder[])[oidc.CorrelationCookie, oidc.NonceCookie])
                (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
            oidc.Events.OnTokenValidated = Keep;
            // Instead of the ID token, which would be in an address.
            oidc.Events.OnRedirectToIdentityProviderForSignOut = context =>
            {
                context.ProtocolMessage.ClientId = issuer.ClientId;
                return Task.CompletedTask;
            };
            oidc.Events.OnRemoteFailure = context =>
            {
                Tell(context.HttpContext, context.Failure);
                context.Response.Redirect(SignInAnswer.Address(SignInProblem.Issuer, context.Properties?.RedirectUri));
                context.HandleResponse();
                return Task.CompletedTask;
            };
        });
    }

    /// <summary>Whether the issuer has an address to sign out at, and says so now.</summary>
    public static async Task<bool> HasSignOutAsync(HttpContext http)
    {
        if (http.RequestServices.GetRequiredService<ConsoleOptions>().Oidc is null) return false;
        try
        {
            return (await ReadAsync(http)).EndSessionEndpoint is { Length: > 0 };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether the issuer says where people sign in.</summary>
    public static async Task<bool> IsThereAsync(HttpContext http)
    {
        try
        {
            await ReadAsync(http);
            return true;
        }
        catch (InvalidOperationException e)
        {
            Tell(http, e);
            return false;
        }
    }

    private static Task<OpenIdConnectConfiguration> ReadAsync(HttpContext http) => http.RequestServices.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>()
        .Get(SessionEndpoints.OidcScheme).ConfigurationManager!.GetConfigurationAsync(http.RequestAborted);

    /// <summary>In a line: anybody can call the callback's address, and what an issuer says is its own.</summary>
    private static void Tell(HttpContext http, Exception? failure)
    {
        http.RequestServices.GetRequiredService<SignInMetrics>().Failed(SignInProblem.Issuer);
        if (!http.RequestServices.GetRequiredService<IssuerFailureLog>().IsDue()) return;
        var reason = new string([.. (failure?.Message ?? "it does not say why").Select(c => char.IsControl(c) ? ' ' : c)]);
        Log.NotSignedInAtIssuer(
            http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(OidcSignIn)), reason.Length > MaxReasonLength ? reason[..MaxReasonLength] : reason);
    }

    /// <summary>Of all that the issuer said, the session keeps the name and the tokens.</summary>
    private static async Task Keep(TokenValidatedContext context)
    {
        var services = context.HttpContext.RequestServices;
        var person = context.Principal!;
        // The first that can be read as it is.
        var name = Array.ConvertAll(NameClaims, person.FindFirstValue).FirstOrDefault(text => text is not null && FreeText.HasVisible(text) && FreeText.Problem(text, multiline: false) is null) ?? "";
        var tokens = context.TokenEndpointResponse!;
        // A token that is not for the service would end the session at its first page.
        if (await SessionEndpoints.TryAsync(context.HttpContext, services.GetRequiredService<ServiceChannel>(), tokens.AccessToken) == SignInProblem.Credential)
        {
            context.Fail("The service does not take the access token.");
            return;
        }

        await SessionEnd.EndFormerAsync(context.HttpContext);
        context.Principal = TokenRefresher.With(tokens, name, services.GetRequiredService<TimeProvider>(), subject: context.SecurityToken.Subject);
    }
}
