using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>
/// Tokens whose signature was good under the keys that the issuer has now. A token's next call costs a hash, and waits for nothing when others present forged
/// ones. Times are checked at each call; new keys of the issuer end every entry. When there are too many, those of the subject with most go first, so that no
/// subject takes the entries of others.
/// </summary>
internal sealed class HeldTokens
{
    /// <summary>About 1 KiB each. Only tokens that the issuer signed are kept.</summary>
    public const int Capacity = 1_000;

    /// <summary>What is left when there are too many: many are removed at a time, so that few tokens cost a search.</summary>
    private const int Kept = Capacity * 9 / 10;

    private readonly Lock _trimming = new();

    private readonly ConcurrentDictionary<KeyDigest, HeldToken> _tokens = new();

    public HeldToken? Find(string token, Issuer issuer) =>
        _tokens.TryGetValue(DigestOf(token), out var held) && ReferenceEquals(held.Issuer, issuer) ? held : null;

    /// <param name="token">As presented.</param>
    /// <param name="held">What its check found.</param>
    /// <param name="now">Tokens that have expired by then are removed first.</param>
    public void Keep(string token, HeldToken held, DateTime now)
    {
        if (_tokens.Count >= Capacity) Trim(held.Issuer, now);
        _tokens[DigestOf(token)] = held;
    }

    /// <summary>Keeps the newest token of each subject, then the second newest of each, and so on.</summary>
    private void Trim(Issuer issuer, DateTime now)
    {
        lock (_trimming)
        {
            if (_tokens.Count < Capacity) return;
            var all = _tokens.ToArray();
            var kept = all.Where(entry => ReferenceEquals(entry.Value.Issuer, issuer) && entry.Value.Until > now)
                .GroupBy(entry => entry.Value.Credential.KeyId, StringComparer.Ordinal)
                .SelectMany(subject => subject.OrderByDescending(entry => entry.Value.Until).Index())
                .OrderBy(ranked => ranked.Index)
                .Take(Kept)
                .Select(ranked => ranked.Item.Key)
                .ToHashSet();
            foreach (var entry in all)
            {
                if (!kept.Contains(entry.Key)) _tokens.TryRemove(entry);
            }
        }
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
