using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>
/// Tokens whose signature was good under the keys that the issuer has now. A token's next call costs a hash, and waits for nothing when others present forged
/// ones. Times are checked at each call; new keys of the issuer end every entry.
/// </summary>
internal sealed class HeldTokens
{
    /// <summary>About 1 KiB each. Only tokens that the issuer signed are kept.</summary>
    private const int Capacity = 1_000;

    private readonly ConcurrentDictionary<KeyDigest, HeldToken> _tokens = new();

    public HeldToken? Find(string token, Issuer issuer) =>
        _tokens.TryGetValue(DigestOf(token), out var held) && ReferenceEquals(held.Issuer, issuer) ? held : null;

    public void Keep(string token, HeldToken held)
    {
        if (_tokens.Count >= Capacity) _tokens.Clear();
        _tokens[DigestOf(token)] = held;
    }

    private static KeyDigest DigestOf(string token)
    {
        Span<byte> hash = stackalloc byte[KeyDigest.Size];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        return KeyDigest.FromBytes(hash);
    }
}

/// <param name="Issuer">Whose keys verified it.</param>
/// <param name="Credential">Whom it names, and the rights.</param>
/// <param name="From">Not before; <see cref="DateTime.MinValue"/> without.</param>
/// <param name="Until">Expiry.</param>
internal sealed record HeldToken(Issuer Issuer, Credential Credential, DateTime From, DateTime Until);
