using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace KeyService.AdminConsole.Service;

/// <summary>Who is signed in: the claims of the session's cookie, which only this service can read.</summary>
public static class Person
{
    /// <summary>What the service is called with: a credential, or the access token of the issuer.</summary>
    public const string CredentialClaim = "keyservice:credential";

    /// <summary>Of the session, random: forms are made for it, and it can be ended.</summary>
    public const string SessionClaim = ClaimTypes.NameIdentifier;

    /// <summary>When the session began, in seconds since 1970: using it does not make it younger.</summary>
    public const string BeginClaim = "keyservice:begin";

    /// <summary>What people see of who they are.</summary>
    public const string NameClaim = "keyservice:name";

    /// <summary>Whether an issuer knows the name, so that the audit trail may have it.</summary>
    public const string NamedByIssuerClaim = "keyservice:named-by-issuer";

    /// <summary>Whom the issuer says it is. Not where they signed in with a credential.</summary>
    public const string SubjectClaim = "keyservice:subject";

    /// <summary>The same for all sessions of a person, and not secret: a hash of what they signed in with.</summary>
    public static string IdOf(ClaimsPrincipal person) =>
        Hash(person.FindFirstValue(SubjectClaim) is { } subject ? $"subject:{subject}" : $"credential:{CredentialOf(person)}");

    public static string? CredentialOf(ClaimsPrincipal person) => person.FindFirstValue(CredentialClaim);

    public static string SessionOf(ClaimsPrincipal person) => person.FindFirstValue(SessionClaim) ?? "";

    /// <summary>A new one.</summary>
    public static string NewSession() => Guid.NewGuid().ToString("N");

    /// <summary>Of a new session, what it is known by.</summary>
    public static Claim[] Begin(TimeProvider time) =>
        [new(SessionClaim, NewSession()), new(BeginClaim, time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))];

    /// <summary>Of one that does not say, the oldest there can be.</summary>
    public static DateTimeOffset BeginOf(ClaimsPrincipal person) =>
        long.TryParse(person.FindFirstValue(BeginClaim), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.MinValue;

    public static string NameOf(ClaimsPrincipal person) => person.FindFirstValue(NameClaim) ?? "";

    /// <summary>Whether they signed in at the issuer.</summary>
    public static bool IsNamedByIssuer(ClaimsPrincipal person) => person.HasClaim(claim => claim.Type == NamedByIssuerClaim);

    /// <summary>For <c>x-keyservice-actor</c>; null where nobody but the person says so.</summary>
    public static string? ActorOf(ClaimsPrincipal person) => IsNamedByIssuer(person) ? NameOf(person) : null;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
