using System.Security.Cryptography;
using System.Text;

namespace KeyService.Server.Keys;

/// <summary>
/// One generation of the service's own secret, as the keys derived from it. The 32 bytes themselves are not kept.
/// </summary>
/// <remarks>
/// Each key is HKDF-SHA-256(secret, no salt, info = label in ASCII), 32 bytes. A label is for ever: changing one loses every key it made.
/// <code>
/// label                       use
/// keyservice/v1/fingerprint   stored beside the generation, to tell a wrong master key from the right one
/// keyservice/v1/digest        HMAC: API key -> what is stored instead of it
/// keyservice/v1/tag           HMAC: the tag in an API key
/// keyservice/v1/cache-seal    HMAC: seals values in the shared cache
/// keyservice/v1/audit         HMAC: chains the audit events
/// keyservice/v1/page-token    seals page tokens
/// keyservice/v1/reveal        AES-256-GCM: recoverable API keys
/// keyservice/v1/session       AES-256-GCM: the keys that protect console sessions
/// keyservice/v1/canary        HMAC: the secret of the canary's key
/// keyservice/v1/forwarded-address  HMAC: the address of the person for whom a console calls
/// </code>
/// </remarks>
internal sealed class MasterKey
{
    public const int SecretSize = 32;

    private const int DerivedSize = 32;

    private MasterKey(char generation, ReadOnlySpan<byte> secret)
    {
        Generation = generation;
        Fingerprint = DeriveBytes(secret, "fingerprint");
        DigestHash = DeriveHash(secret, "digest");
        TagHash = DeriveHash(secret, "tag");
        CacheSealHash = DeriveHash(secret, "cache-seal");
        AuditHash = DeriveHash(secret, "audit");
        PageTokenKey = DeriveBytes(secret, "page-token");
        RevealKey = DeriveBytes(secret, "reveal");
        SessionKey = DeriveBytes(secret, "session");
        CanaryHash = DeriveHash(secret, "canary");
        ForwardedAddressHash = DeriveHash(secret, "forwarded-address");
    }

    /// <summary>One base62 digit; part of every API key made under this master key.</summary>
    public char Generation { get; }

    /// <summary>32 bytes that identify the secret without telling it.</summary>
    public byte[] Fingerprint { get; }

    public KeyedHash DigestHash { get; }

    public KeyedHash TagHash { get; }

    public KeyedHash CacheSealHash { get; }

    public KeyedHash AuditHash { get; }

    public byte[] PageTokenKey { get; }

    public byte[] RevealKey { get; }

    public byte[] SessionKey { get; }

    public KeyedHash CanaryHash { get; }

    public KeyedHash ForwardedAddressHash { get; }

    /// <exception cref="ArgumentException">The secret is not 32 bytes, or the generation is not a base62 digit.</exception>
    public static MasterKey Derive(char generation, ReadOnlySpan<byte> secret)
    {
        if (!Base62.IsDigit(generation))
            throw new ArgumentException("A generation is one of 0-9, A-Z, a-z.", nameof(generation));
        if (secret.Length != SecretSize)
            throw new ArgumentException($"A master key is {SecretSize} bytes, not {secret.Length}.", nameof(secret));
        return new MasterKey(generation, secret);
    }

    public KeyDigest ComputeDigest(ReadOnlySpan<byte> apiKeyAscii)
    {
        Span<byte> hash = stackalloc byte[KeyDigest.Size];
        DigestHash.Compute(apiKeyAscii, hash);
        return KeyDigest.FromBytes(hash);
    }

    private static byte[] DeriveBytes(ReadOnlySpan<byte> secret, string use)
    {
        var derived = new byte[DerivedSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, derived, salt: [], info: Encoding.ASCII.GetBytes("keyservice/v1/" + use));
        return derived;
    }

    private static KeyedHash DeriveHash(ReadOnlySpan<byte> secret, string use)
    {
        var derived = DeriveBytes(secret, use);
        var hash = new KeyedHash(derived);
        CryptographicOperations.ZeroMemory(derived);
        return hash;
    }
}
