using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Grpc;

/// <summary>
/// Checks a JWT of the configured issuer, at every call: who presents it is who its subject names, and may do what its claim
/// <c>keyservice_permissions</c> says (<see cref="CredentialRights.OfClaim"/>).
/// </summary>
/// <param name="audience">What a token must be for.</param>
/// <param name="issuer">What is known of the issuer.</param>
/// <param name="patience">How long a validation may wait for the issuer, unless its caller's deadline is longer.</param>
/// <param name="time">Judges a token's times.</param>
internal sealed class JwtCallers(string audience, IssuerMetadata issuer, TimeSpan patience, TimeProvider time)
{
    public const string PermissionsClaim = "keyservice_permissions";

    /// <summary>As many bytes as all headers of a call may have.</summary>
    private const int MaxLength = 16 * 1024;

    private const string IdPrefix = "oidc:";
    private const int MaxIdLength = 64;

    /// <summary>Clocks of issuer and service may differ by this.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Claims that an ID token has and an access token has not; an issuer need not set all of them.</summary>
    private static readonly string[] MarksOfIdTokens = [JwtRegisteredClaimNames.AtHash, JwtRegisteredClaimNames.CHash, JwtRegisteredClaimNames.Nonce];

    /// <summary>No symmetric one: whoever checks such a signature can make it, and a public key could be taken for its secret.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Whatever their case, as media types are.</summary>
    private static readonly string[] Types = ["at+jwt", "application/at+jwt", "JWT"];

    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    /// <summary>An API key has no dot, and a JWT has two.</summary>
    public static bool IsJwt(ReadOnlySpan<char> credential) => credential.Contains('.');

    /// <summary>Id and rights of the caller; null when the token does not hold.</summary>
    /// <exception cref="IssuerUnavailableException">Nothing is known of the issuer, and it did not answer in time.</exception>
    public async ValueTask<Credential?> ValidateAsync(string token, CallBudget budget, CancellationToken cancellation)
    {
        // What cannot hold whatever the issuer says costs it nothing.
        if (Read(token) is not { } jwt) return null;
        var known = await issuer.GetAsync(budget.Left(patience, time), cancellation);
        var result = await Handler.ValidateTokenAsync(jwt, Rules(known));
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException
            && await issuer.GetNewerAsync(known, budget.Left(patience, time), cancellation) is { } newer)
        {
            result = await Handler.ValidateTokenAsync(jwt, Rules(newer));
        }

        return result.IsValid && jwt.Subject is { Length: > 0 } subject ? new(IdOf(subject), CredentialRights.OfClaim(PermissionsOf(jwt))) : null;
    }

    /// <summary>The subject itself where the columns for it can take it, else its hash.</summary>
    public static string IdOf(string subject) =>
        subject.Length <= MaxIdLength - IdPrefix.Length && subject.All(c => c is > ' ' and <= '~')
            ? IdPrefix + subject
            : IdPrefix + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(subject)));

    /// <summary>Null when it cannot hold whoever signed it.</summary>
    private static JsonWebToken? Read(string token)
    {
        if (token.Length > MaxLength) return null;
        try
        {
            var jwt = new JsonWebToken(token);
            return !jwt.IsEncrypted && Algorithms.Contains(jwt.Alg, StringComparer.Ordinal) && Types.Contains(jwt.Typ, StringComparer.OrdinalIgnoreCase)
                // Extensions that must be understood, and are not.
                && !jwt.TryGetHeaderValue<object>("crit", out _)
                // An ID token says who signed in to a client; it is no credential, even for a client that has the name of our audience.
                && !Array.Exists(MarksOfIdTokens, mark => jwt.TryGetPayloadValue<object>(mark, out _))
                    ? jwt
                    : null;
        }
        catch (Exception)
        {
            // Anybody may present anything, and the library has many exceptions for what is no token.
            return null;
        }
    }

    private static IEnumerable<string> PermissionsOf(JsonWebToken jwt) =>
        jwt.Claims.Where(claim => claim.Type == PermissionsClaim).Select(claim => claim.Value);

    private TokenValidationParameters Rules(Issuer known) => new()
    {
        ValidIssuer = known.Name,
        ValidAudience = audience,
        IgnoreTrailingSlashWhenValidatingAudience = false,
        IssuerSigningKeys = known.Keys,
        ValidAlgorithms = Algorithms,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (from, until, _, _) => IsAlive(from, until),
    };

    private bool IsAlive(DateTime? from, DateTime? until)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return until is { } end && now - ClockSkew < end && (from is not { } start || start <= now + ClockSkew);
    }
}
