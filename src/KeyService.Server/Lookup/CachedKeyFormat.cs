using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Lookup;

/// <summary>
/// The value of a key in Redis. Numbers are big-endian.
/// <code>
/// offset  length
///      0       1  format version: 2
///      1      16  epoch of the database
///     17      16  revision, lower-case hex, so that a script can compare it as text
///     33       8  horizon of the reader when the read was sent
///     41       1  generation of the master key whose cache-seal key made the MAC
///     42       1  the key's status
///     43       8  its expiry in UTC ticks; the highest number: never
///     51       l  allowed addresses, then permitted workspaces: of each their number (1), then length (1) and text, ASCII
///   51+l       n  the answer VALID: <see cref="ValidAnswer"/>
/// 51+l+n      32  HMAC-SHA-256 over the type ("entry"), the digest (32 bytes), and everything before it
/// </code>
/// </summary>
internal static class CachedKeyFormat
{
    public const byte Version = 2;
    public const int EpochOffset = 1;
    public const int EpochLength = 16;
    public const int RevisionOffset = 17;
    public const int RevisionLength = 16;
    private const int HorizonOffset = 33;
    private const int GenerationOffset = 41;
    private const int StatusOffset = 42;
    private const int ExpiryOffset = 43;
    private const int ListsOffset = 51;
    private const int MacLength = 32;

    private static readonly byte[] Type = "entry"u8.ToArray();

    public static byte[] Write(CachedKey key, in KeyDigest digest, StoreEpoch epoch, MasterKey seal)
    {
        byte[] lists = [.. List(key.AllowedAddresses.Texts), .. List(key.Credential?.Rights.PermittedWorkspaces ?? [])];
        var value = new byte[ListsOffset + lists.Length + key.Answer.Bytes.Length + MacLength];
        value[0] = Version;
        Convert.FromHexString(epoch.Id).CopyTo(value.AsSpan(EpochOffset, EpochLength));
        Encoding.ASCII.GetBytes(RevisionText(key.Revision), value.AsSpan(RevisionOffset, RevisionLength));
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(HorizonOffset), key.Mark.Horizon);
        value[GenerationOffset] = (byte)seal.Generation;
        value[StatusOffset] = (byte)(key.IsEnabled ? KeyStatus.Enabled : KeyStatus.Disabled);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(ExpiryOffset), key.ExpiryUtcTicks);
        lists.CopyTo(value.AsSpan(ListsOffset));
        key.Answer.Bytes.CopyTo(value.AsSpan(ListsOffset + lists.Length));
        Seal(value.AsSpan(0, value.Length - MacLength), digest, seal, value.AsSpan(value.Length - MacLength));
        return value;
    }

    /// <summary>Null for a value that this service did not write for this digest, or wrote in another history of the database.</summary>
    public static CachedKey? Read(ReadOnlySpan<byte> value, in KeyDigest digest, Incarnation reader, MasterKeys masterKeys)
    {
        if (value.Length < ListsOffset + MacLength || value[0] != Version) return null;
        if (reader.Epoch is not { } epoch) return null;
        if (Rules.Epoch && !epoch.Is(value.Slice(EpochOffset, EpochLength))) return null;
        if (masterKeys.Find((char)value[GenerationOffset]) is not { } seal) return null;

        Span<byte> mac = stackalloc byte[MacLength];
        Seal(value[..^MacLength], digest, seal, mac);
        if (Rules.RedisSeal && !CryptographicOperations.FixedTimeEquals(mac, value[^MacLength..])) return null;

        var rest = value[ListsOffset..^MacLength];
        var addresses = TakeList(ref rest);
        var workspaces = TakeList(ref rest);
        return new(
            ValidAnswer.From(rest), (KeyStatus)value[StatusOffset], BinaryPrimitives.ReadInt64BigEndian(value[ExpiryOffset..]), AddressList.Of(addresses), workspaces,
            long.Parse(value.Slice(RevisionOffset, RevisionLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            new(reader, BinaryPrimitives.ReadInt64BigEndian(value[HorizonOffset..])));
    }

    /// <summary>The revision in a value, as text that compares like the number.</summary>
    public static ReadOnlyMemory<byte> RevisionOf(byte[] value) => value.AsMemory(RevisionOffset, RevisionLength);

    public static string RevisionText(long revision) => revision.ToString("x16", CultureInfo.InvariantCulture);

    private static IEnumerable<byte> List(IEnumerable<string> texts)
    {
        var all = texts.ToList();
        return all.SelectMany(text => (byte[])[(byte)text.Length, .. Encoding.ASCII.GetBytes(text)]).Prepend((byte)all.Count);
    }

    private static string[] TakeList(ref ReadOnlySpan<byte> rest)
    {
        if (rest[0] == 0)
        {
            rest = rest[1..];
            return [];
        }

        var texts = new string[rest[0]];
        rest = rest[1..];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
            rest = rest[(1 + rest[0])..];
        }

        return texts;
    }

    private static void Seal(ReadOnlySpan<byte> body, in KeyDigest digest, MasterKey key, Span<byte> mac)
    {
        var length = Type.Length + KeyDigest.Size + body.Length;
        var text = length <= 1_024 ? stackalloc byte[length] : new byte[length];
        Type.CopyTo(text);
        digest.CopyTo(text[Type.Length..]);
        body.CopyTo(text[(Type.Length + KeyDigest.Size)..]);
        key.CacheSealHash.Compute(text, mac);
    }
}
