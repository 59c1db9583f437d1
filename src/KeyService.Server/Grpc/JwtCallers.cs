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

    /// <summary>Concurrent calls that may wait for the issuer, divided among addresses.</summary>
    private const int MaxIssuerWaits = 64;

    /// <summary>Half of the processors, so that forged tokens leave the rest.</summary>
    private readonly TokenTurns _turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    private readonly HeldTokens _held = new();
    private readonly FairPermits _issuerWaits = new(MaxIssuerWaits);

    /// <summary>An API key has no dot, and a JWT has two.</summary>
    public static bool IsJwt(ReadOnlySpan<char> credential) => credential.Contains('.');

    /// <summary>Id and rights of the caller, or why it has none. Completes at once for a token that held before.</summary>
    /// <param name="token">As presented.</param>
    /// <param name="connection">What its calls may hold together before they are authenticated.</param>
    /// <param name="budget">What the call may still wait.</param>
    /// <param name="cancellation">The caller went away.</param>
    public ValueTask<CredentialCheck> ValidateAsync(string token, ConnectionQuota connection, in CallBudget budget, CancellationToken cancellation) =>
        FindHeld(token) is { } held ? new(held) : new(CheckAsync(token, connection, budget, cancellation));

    private CredentialCheck? FindHeld(string token) =>
        issuer.Known() is { } known && _held.Find(token, known) is { } held
            ? IsAlive(held.From, held.Until) ? CredentialCheck.Of(held.Credential) : CredentialCheck.Bad
            : null;

    private async Task<CredentialCheck> CheckAsync(string token, ConnectionQuota connection, CallBudget budget, CancellationToken cancellation)
    {
        var (check, seen) = await VerifyAsync(token, newer: null, connection, budget, cancellation);
        if (check is { } known) return known;

        // Its key is not known. The wait holds nothing but one of few places: a slow issuer must not collect calls.
        var (newer, mayHelp) = await WaitForIssuerAsync(seen, connection, budget, cancellation);
        if (newer is null) return mayHelp ? CredentialCheck.Refused(FixedError.IssuerUnavailable) : CredentialCheck.Bad;
        (check, _) = await VerifyAsync(token, newer, connection, budget, cancellation);
        return check ?? CredentialCheck.Bad;
    }

    /// <summary>In its turn, as everything that costs a processor time. No check when the issuer, as far as it is known, has no such key.</summary>
    private async ValueTask<(CredentialCheck? Check, Issuer? Seen)> VerifyAsync(
        string token, Issuer? newer, ConnectionQuota connection, CallBudget budget, CancellationToken cancellation)
    {
        using var turn = await _turns.EnterAsync(connection, budget.Left(patience, time), cancellation);
        if (turn is null) return (CredentialCheck.Refused(FixedError.TooManyCredentials), null);
        // A call with the same token may have had the turn before.
        if (FindHeld(token) is { } held) return (held, null);
        // What cannot hold whatever the issuer says costs the issuer nothing.
        if (Read(token) is not { } jwt) return (CredentialCheck.Bad, null);
        if ((newer ?? issuer.Known()) is not { } known) return (null, null);
        if (!MayHaveKey(known, jwt)) return (null, known);

        var result = await Handler.ValidateTokenAsync(jwt, Rules(known));
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException) return (null, known);
        if (!result.IsValid || jwt.Subject is not { Length: > 0 } subject) return (CredentialCheck.Bad, known);
        var credential = new Credential(IdOf(subject), CredentialRights.OfClaim(PermissionsOf(jwt)));
        _held.Keep(token, new(known, credential, jwt.ValidFrom, jwt.ValidTo), time.GetUtcNow().UtcDateTime);
        return (CredentialCheck.Of(credential), known);
    }

    /// <summary>The issuer after what was seen of it; null when nothing newer can be had, and then whether a later call may have it.</summary>
    private async ValueTask<(Issuer? Newer, bool MayHelp)> WaitForIssuerAsync(
        Issuer? seen, ConnectionQuota connection, CallBudget budget, CancellationToken cancellation)
    {
        // Asks, if it is time to, and does not wait.
        if (await AskAsync(seen, TimeSpan.Zero, cancellation) is { } already) return (already, false);
        if (!issuer.IsReading) return (await AskAsync(seen, TimeSpan.Zero, cancellation), seen is null);
        if (!connection.TryBeginIssuerWait()) return (null, true);
        var share = _issuerWaits.TryTake(connection.Peer, out _);
        try
        {
            return share is null ? (null, true) : (await AskAsync(seen, budget.Left(patience, time), cancellation), seen is null);
        }
        finally
        {
            if (share is not null) _issuerWaits.Release(share);
            connection.EndIssuerWait();
        }
    }

    private ValueTask<Issuer?> AskAsync(Issuer? seen, TimeSpan wait, CancellationToken cancellation) =>
        seen is null ? issuer.GetAsync(wait, cancellation) : issuer.GetNewerAsync(seen, wait, cancellation);

    /// <summary>False: the token names a key, each key of the issuer has a name, and none has that one. No signature is tried then.</summary>
    private static bool MayHaveKey(Issuer known, JsonWebToken jwt) =>
        string.IsNullOrEmpty(jwt.Kid) || known.Keys.Any(key => string.IsNullOrEmpty(key.KeyId) || string.Equals(key.KeyId, jwt.Kid, StringComparison.OrdinalIgnoreCase));

    /// <summary>The subject itself where the columns for it can take it, else its hash.</summary>
    public static string IdOf(string subject) =>
        subject.Length <= MaxIdLength - IdPrefix.Length && subject.All(c => c is > ' ' and <= '~')
            ? IdPrefix + subject
            : IdPrefix + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(subject)));

    /// <summary>Null when it cannot hold whoever signed it.</summary>
    private static JsonWebToken? Read(string token)
    {
        if (token.Length > MaxLength || !Handler.CanReadToken(token)) return null;
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

/// <summary>What the check of a credential came to.</summary>
/// <param name="Held">Whose it is; null when it does not hold.</param>
/// <param name="Refusal">What the caller is answered then.</param>
internal readonly record struct CredentialCheck(Credential? Held, FixedError? Refusal)
{
    public static CredentialCheck Bad => new(Held: null, FixedError.BadCredential);

    public static CredentialCheck Of(Credential? held) => held is null ? Bad : new(held, Refusal: null);

    public static CredentialCheck Refused(FixedError error) => new(Held: null, error);
}
