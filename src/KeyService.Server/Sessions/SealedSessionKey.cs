using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;

namespace KeyService.Server.Sessions;

/// <summary>One element of the key ring, AES-256-GCM under the session key of its generation.</summary>
/// <remarks>
/// <code>
/// offset  bytes  content
///  0       1     version, 1
///  1      12     nonce, random
/// 13      16     authentication tag
/// 29       n     ciphertext of the element as XML in UTF-8, without a declaration
/// </code>
/// Associated data, each part with its length in two bytes before it, big-endian: <c>session-key</c> (ASCII), row id (16 bytes, in the
/// order in which it is written), generation (one ASCII byte). So a value that is copied to another row or generation does not open there.
/// </remarks>
internal static class SealedSessionKey
{
    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = 1 + NonceSize + TagSize;

    public static byte[] Seal(MasterKey key, Guid id, string xml)
    {
        var plaintext = Encoding.UTF8.GetBytes(xml);
        var result = new byte[HeaderSize + plaintext.Length];
        result[0] = Version;
        var nonce = result.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        try
        {
            using var cipher = new AesGcm(key.SessionKey, TagSize);
            cipher.Encrypt(nonce, plaintext, result.AsSpan(HeaderSize), result.AsSpan(1 + NonceSize, TagSize), AssociatedData(key, id));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }

        return result;
    }

    /// <summary>Null when it does not open: another master key, a damaged or truncated value, or one that was moved from another row.</summary>
    public static string? Open(MasterKey key, Guid id, byte[] sealedKey)
    {
        if (sealedKey.Length < HeaderSize || sealedKey[0] != Version)
            return null;
        var plaintext = new byte[sealedKey.Length - HeaderSize];
        try
        {
            using var cipher = new AesGcm(key.SessionKey, TagSize);
            cipher.Decrypt(
                sealedKey.AsSpan(1, NonceSize), sealedKey.AsSpan(HeaderSize), sealedKey.AsSpan(1 + NonceSize, TagSize), plaintext, AssociatedData(key, id));
            return Encoding.UTF8.GetString(plaintext);
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

    private static byte[] AssociatedData(MasterKey key, Guid id)
    {
        using var data = new MemoryStream();
        Append(data, "session-key"u8);
        Append(data, id.ToByteArray(bigEndian: true));
        Append(data, [(byte)key.Generation]);
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
