using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace KeyService.Testing;

/// <summary>
/// The issuer as a web server: discovery, keys, and the endpoints authorize, token and logout. It has one client, no store and no UI:
/// whoever <c>login_hint</c> names is signed in, or the person of the issuer's choice.
/// </summary>
internal static class IssuerHost
{
    public const string PermissionsClaim = "keyservice_permissions";

    public static WebApplication Build(TestIssuer issuer, RsaSecurityKey signingKey, SymmetricSecurityKey encryptionKey)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(issuer.Authority);
        builder.Services.AddOpenIddict().AddServer(server =>
        {
            server.SetIssuer(issuer.Authority)
                .SetAuthorizationEndpointUris("connect/authorize").SetTokenEndpointUris("connect/token").SetEndSessionEndpointUris("connect/logout")
                .AllowClientCredentialsFlow().AllowAuthorizationCodeFlow().AllowRefreshTokenFlow().RequireProofKeyForCodeExchange()
                .RegisterScopes(Scopes.OpenId, Scopes.Profile, Scopes.OfflineAccess)
                .RegisterClaims(Claims.Subject, Claims.Name, PermissionsClaim)
                .AddSigningKey(signingKey).AddEncryptionKey(encryptionKey)
                .DisableAccessTokenEncryption().EnableDegradedMode();
            server.UseAspNetCore().DisableTransportSecurityRequirement();
            Handle(server, issuer);
        });
        var app = builder.Build();
        app.UseRouting();
        return app;
    }

    private static void Handle(OpenIddictServerBuilder server, TestIssuer issuer)
    {
        server.AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            if (context.ClientId != issuer.ClientId) context.Reject(Errors.InvalidClient);
            else if (!IsLoopback(context.RedirectUri)) context.Reject(Errors.InvalidRequest, "The redirect_uri is none on loopback.");
            return ValueTask.CompletedTask;
        }));
        server.AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            if (issuer.Find(context.Request.LoginHint) is { } person) context.SignIn(PrincipalOf(person, issuer, context.Request.GetScopes()));
            else context.Reject(Errors.AccessDenied, "Nobody is called like that.");
            return ValueTask.CompletedTask;
        }));
        server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            if (context.ClientId != issuer.ClientId || context.ClientSecret != issuer.ClientSecret) context.Reject(Errors.InvalidClient);
            return ValueTask.CompletedTask;
        }));
        // Of a code and of a refresh token the principal is the one that signed in, with what the person may do by now.
        server.AddEventHandler<HandleTokenRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            var known = context.Request.IsClientCredentialsGrantType() ? null : context.Principal;
            var person = issuer.Find(known is null ? context.Request.LoginHint : known.GetClaim(Claims.Subject));
            if (person is null) context.Reject(Errors.InvalidGrant, "Nobody is called like that.");
            else context.SignIn(PrincipalOf(person, issuer, known?.GetScopes() ?? context.Request.GetScopes()));
            return ValueTask.CompletedTask;
        }));
        server.AddEventHandler<ValidateEndSessionRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            if (!IsLoopback(context.PostLogoutRedirectUri)) context.Reject(Errors.InvalidRequest, "The post_logout_redirect_uri is none on loopback.");
            return ValueTask.CompletedTask;
        }));
        server.AddEventHandler<HandleEndSessionRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            issuer.SignedIn = null;
            context.SignOut();
            return ValueTask.CompletedTask;
        }));
    }

    private static ClaimsPrincipal PrincipalOf(TestPerson person, TestIssuer issuer, IEnumerable<string> scopes)
    {
        var identity = new ClaimsIdentity("test", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, person.Subject).SetClaim(Claims.Name, person.Name)
            .SetClaims(PermissionsClaim, [.. person.Permissions]);
        identity.SetDestinations(claim => claim.Type == PermissionsClaim
            ? [Destinations.AccessToken]
            : [Destinations.AccessToken, Destinations.IdentityToken]);
        var principal = new ClaimsPrincipal(identity);
        return principal.SetScopes(scopes).SetResources(person.Audience ?? issuer.Audience).SetAccessTokenLifetime(person.Lifetime);
    }

    private static bool IsLoopback(string? uri) => Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.IsLoopback;
}
