using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// A ticket that a caller may carry from a change to a validation. Base64url of:
/// <code>
/// offset  length
///      0       1  format version: 1
///      1       1  generation of the master key whose cache-seal key made the MAC
///      2      32  epoch of the database, lower-case hex
///     34       8  ticket, big-endian
///     42      32  HMAC-SHA-256 over the type ("ticket") and everything before it
/// </code>
/// </summary>
internal static class ConsistencyToken
{
    private const byte Version = 1;
    private const int EpochOffset = 2;
    private const int EpochLength = 32;
    private const int TicketOffset = EpochOffset + EpochLength;
    private const int MacOffset = TicketOffset + sizeof(long);
    private const int Length = MacOffset + KeyedHash.Size;

    private static readonly byte[] Type = "ticket"u8.ToArray();

    public static string Seal(long ticket, StoreEpoch epoch, MasterKey key)
    {
        var token = new byte[Length];
        token[0] = Version;
        token[1] = (byte)key.Generation;
        Encoding.ASCII.GetBytes(epoch.Id, token.AsSpan(EpochOffset, EpochLength));
        BinaryPrimitives.WriteInt64BigEndian(token.AsSpan(TicketOffset), ticket);
        Sign(token, key, token.AsSpan(MacOffset));
        return Base64Url.EncodeToString(token);
    }

    /// <exception cref="RefusedException">The service never gave out this token.</exception>
    public static (long Ticket, string EpochId) Open(string text, MasterKeys masterKeys)
    {
        var token = new byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length)
            // Not TryDecodeFromChars: that one throws on a character that is none of its own.
            || Base64Url.DecodeFromChars(text, token, out _, out var written) != OperationStatus.Done || written != Length
            || token[0] != Version || masterKeys.Find((char)token[1]) is not { } key)
        {
            throw new RefusedException(Refusal.InvalidConsistencyToken);
        }

        Span<byte> mac = stackalloc byte[KeyedHash.Size];
        Sign(token, key, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, token.AsSpan(MacOffset))) throw new RefusedException(Refusal.InvalidConsistencyToken);
        return (BinaryPrimitives.ReadInt64BigEndian(token.AsSpan(TicketOffset)), Encoding.ASCII.GetString(token, EpochOffset, EpochLength));
    }

    private static void Sign(ReadOnlySpan<byte> token, MasterKey key, Span<byte> mac) =>
        key.CacheSealHash.Compute([.. Type, .. token[..MacOffset]], mac);
}
