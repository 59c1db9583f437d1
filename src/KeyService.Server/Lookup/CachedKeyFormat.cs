using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Lookup;

/// <summary>
/// The value of a key in Redis. Numbers are big-endian.
/// <code>
/// offset  length
///      0       1  format version: 1
///      1      16  epoch of the database
///     17      16  revision, lower-case hex, so that a script can compare it as text
///     33       8  horizon of the reader when the read was sent
///     41       1  generation of the master key whose cache-seal key made the MAC
///     42       n  the record as JSON, UTF-8
///   42+n      32  HMAC-SHA-256 over the type ("entry"), the digest (32 bytes), and everything before it
/// </code>
/// </summary>
internal static class CachedKeyFormat
{
    public const byte Version = 1;
    public const int EpochOffset = 1;
    public const int EpochLength = 16;
    public const int RevisionOffset = 17;
    public const int RevisionLength = 16;
    private const int HorizonOffset = 33;
    private const int GenerationOffset = 41;
    public const int RecordOffset = 42;
    private const int MacLength = 32;

    private static readonly byte[] Type = "entry"u8.ToArray();

    public static byte[] Write(CachedKey key, in KeyDigest digest, StoreEpoch epoch, MasterKey seal)
    {
        var record = JsonSerializer.SerializeToUtf8Bytes(key.Record, JsonSerializerOptions.Default);
        var value = new byte[RecordOffset + record.Length + MacLength];
        value[0] = Version;
        Convert.FromHexString(epoch.Id).CopyTo(value.AsSpan(EpochOffset, EpochLength));
        Encoding.ASCII.GetBytes(RevisionText(key.Record.Revision), value.AsSpan(RevisionOffset, RevisionLength));
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(HorizonOffset), key.Mark.Horizon);
        value[GenerationOffset] = (byte)seal.Generation;
        record.CopyTo(value.AsSpan(RecordOffset));
        Seal(value.AsSpan(0, value.Length - MacLength), digest, seal, value.AsSpan(value.Length - MacLength));
        return value;
    }

    /// <summary>Null for a value that this service did not write for this digest, or wrote in another history of the database.</summary>
    public static CachedKey? Read(ReadOnlySpan<byte> value, in KeyDigest digest, Incarnation reader, MasterKeys masterKeys)
    {
        if (value.Length < RecordOffset + MacLength || value[0] != Version) return null;
        if (reader.Epoch is not { } epoch) return null;
        if (Rules.Epoch && Convert.ToHexStringLower(value.Slice(EpochOffset, EpochLength)) != epoch.Id) return null;
        if (masterKeys.Find((char)value[GenerationOffset]) is not { } seal) return null;

        Span<byte> mac = stackalloc byte[MacLength];
        Seal(value[..^MacLength], digest, seal, mac);
        if (Rules.RedisSeal && !CryptographicOperations.FixedTimeEquals(mac, value[^MacLength..])) return null;

        var record = JsonSerializer.Deserialize<KeyRecord>(value[RecordOffset..^MacLength], JsonSerializerOptions.Default)!;
        return new(record, new(reader, BinaryPrimitives.ReadInt64BigEndian(value[HorizonOffset..])));
    }

    /// <summary>The revision in a value, as text that compares like the number.</summary>
    public static ReadOnlyMemory<byte> RevisionOf(byte[] value) => value.AsMemory(RevisionOffset, RevisionLength);

    public static string RevisionText(long revision) => revision.ToString("x16", CultureInfo.InvariantCulture);

    private static void Seal(ReadOnlySpan<byte> body, in KeyDigest digest, MasterKey key, Span<byte> mac)
    {
        var text = new byte[Type.Length + KeyDigest.Size + body.Length];
        Type.CopyTo(text, 0);
        digest.CopyTo(text.AsSpan(Type.Length));
        body.CopyTo(text.AsSpan(Type.Length + KeyDigest.Size));
        key.CacheSealHash.Compute(text, mac);
    }
}
