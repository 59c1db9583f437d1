using System.Net;
using KeyService.AdminConsole.Service;

namespace KeyService.AdminConsole;

/// <summary>Settings of the console.</summary>
public sealed record ConsoleOptions
{
    /// <summary><c>KeyService:Console:ServiceAddress</c>: where the service's gRPC port is; by default that of this process.</summary>
    public required Uri ServiceAddress { get; init; }

    /// <summary>Whether <see cref="ServiceAddress"/> is this process, whose certificate need not name the address that it listens on.</summary>
    public bool IsOwnService { get; init; }

    /// <summary><c>KeyService:Console:DefaultWorkspace</c>: the workspace that opens first; <c>default</c>.</summary>
    public string DefaultWorkspace { get; init; } = "default";

    /// <summary><c>KeyService:Console:IdleTimeout</c>: after so long without a click or a key pressed the person is signed out; 30 minutes.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary><c>KeyService:Console:MaxSession</c>: after so long the person signs in again, however busy they are; 12 hours.</summary>
    public TimeSpan MaxSession { get; init; } = TimeSpan.FromHours(12);

    /// <summary><c>KeyService:Console:KnownProxies</c>: from whom <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are believed; none.</summary>
    public IReadOnlyList<IPAddress> KnownProxies { get; init; } = [];

    /// <summary><c>KeyService:CertificateAuthorities</c>: whose certificates are accepted of <see cref="ServiceAddress"/>.</summary>
    public CertificateTrust Trust { get; init; } = CertificateTrust.System;

    /// <summary><c>KeyService:Oidc</c> with a client: people sign in at that issuer. Null: with a credential.</summary>
    public ConsoleOidcOptions? Oidc { get; init; }
}

/// <summary>The issuer at which people sign in.</summary>
/// <param name="Authority">Its address.</param>
/// <param name="Audience">What the access token must be made for.</param>
/// <param name="ClientId">The console at the issuer.</param>
/// <param name="ClientSecret">Its secret; null for a public client.</param>
public sealed record ConsoleOidcOptions(string Authority, string Audience, string ClientId, string? ClientSecret)
{
    /// <summary><c>KeyService:Oidc:Scope</c>: what is asked for, in words with a space between them; with <c>offline_access</c> tokens that end are replaced.</summary>
    public string Scope { get; init; } = DefaultScope;

    public const string DefaultScope = "openid profile offline_access";

    /// <summary><c>KeyService:Oidc:AudienceParameter</c>: how the issuer is told the audience. Null: as a resource (RFC 8707) where it is an https URL, and else not.</summary>
    public AudienceParameter? AudienceParameter { get; init; }

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"{nameof(ConsoleOidcOptions)} {Authority}";
}

/// <summary>The parameter in which an issuer is told for whom the access token is to be.</summary>
public enum AudienceParameter
{
    /// <summary>None: it knows by the scope, or by the client.</summary>
    None,

    /// <summary><c>resource</c>, of RFC 8707.</summary>
    Resource,

    /// <summary><c>audience</c>.</summary>
    Audience,
}
