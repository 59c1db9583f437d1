using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace KeyService.Server.Keys;

/// <summary>An API key that its owner may be shown again: AES-256-GCM under the reveal key of its generation.</summary>
/// <remarks>
/// <code>
/// offset  bytes  content
///  0       1     version, 1
///  1      12     nonce, random
/// 13      16     authentication tag
/// 29       n     ciphertext of the API key in ASCII
/// </code>
/// Associated data, each part with its length in two bytes before it, big-endian: workspace id (UTF-8), key id (UTF-8), generation
/// (one ASCII byte), digest (32 bytes). So a value that is copied to another row, workspace or generation does not open there.
/// A random 96-bit nonce is good for 2^32 seals under one key (NIST SP 800-38D): take a new generation before four billion keys.
/// </remarks>
internal static class SealedKey
{
    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = 1 + NonceSize + TagSize;

    public static byte[] Seal(MasterKey key, string apiKey, string workspaceId, string keyId, KeyDigest digest)
    {
        if (!Ascii.IsValid(apiKey))
            throw new ArgumentException("An API key is ASCII.", nameof(apiKey));
        var plaintext = Encoding.ASCII.GetBytes(apiKey);
        var result = new byte[HeaderSize + plaintext.Length];
        result[0] = Version;
        var nonce = result.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        try
        {
            using var cipher = new AesGcm(key.RevealKey, TagSize);
            cipher.Encrypt(
                nonce, plaintext, result.AsSpan(HeaderSize), result.AsSpan(1 + NonceSize, TagSize), AssociatedData(key, workspaceId, keyId, digest));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }

        return result;
    }

    /// <summary>Null when it does not open: another master key, a damaged or truncated value, or one that was moved from another row.</summary>
    public static string? Open(MasterKey key, byte[] sealedKey, string workspaceId, string keyId, KeyDigest digest)
    {
        if (sealedKey.Length < HeaderSize || sealedKey[0] != Version)
            return null;
        var plaintext = new byte[sealedKey.Length - HeaderSize];
        try
        {
            using var cipher = new AesGcm(key.RevealKey, TagSize);
            cipher.Decrypt(
                sealedKey.AsSpan(1, NonceSize),
                sealedKey.AsSpan(HeaderSize),
                sealedKey.AsSpan(1 + NonceSize, TagSize),
                plaintext,
                AssociatedData(key, workspaceId, keyId, digest));
            return Encoding.ASCII.GetString(plaintext);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private static byte[] AssociatedData(MasterKey key, string workspaceId, string keyId, KeyDigest digest)
    {
        using var data = new MemoryStream();
        Append(data, Encoding.UTF8.GetBytes(workspaceId));
        Append(data, Encoding.UTF8.GetBytes(keyId));
        Append(data, [(byte)key.Generation]);
        Append(data, digest.ToArray());
        return data.ToArray();
    }

    private static void Append(MemoryStream data, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)part.Length));
        data.Write(length);
        data.Write(part);
    }
}
