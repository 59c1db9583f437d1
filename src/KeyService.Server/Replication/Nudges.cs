using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>Carries nudges from process to process, as well as it can: nothing rests on it.</summary>
internal interface INudgeChannel
{
    /// <summary>Returns at once; a nudge may be lost, repeated or late.</summary>
    void Send(byte[] nudge);
}

/// <summary>
/// A nudge tells of a change before the feed does: it raises the key's floor and starts a cycle. It is
/// <code>
/// offset  length
///      0       1  format version: 1
///      1       1  generation of the master key whose cache-seal key made the MAC
///      2      32  epoch of the database, lower-case hex
///     34       8  revision, big-endian
///     42       n  key id, ASCII
///   42+n      32  HMAC-SHA-256 over the type ("nudge") and everything before it
/// </code>
/// </summary>
internal sealed class Nudges(Belief belief, FeedSignal signal, INudgeChannel channel, MasterKeys masterKeys)
{
    private const byte Version = 1;
    private const int EpochOffset = 2;
    private const int EpochLength = 32;
    private const int RevisionOffset = EpochOffset + EpochLength;
    private const int KeyIdOffset = RevisionOffset + sizeof(long);
    private const int LongestKeyId = 64;

    private static readonly byte[] Type = "nudge"u8.ToArray();

    public void Send(StoreEpoch? epoch, string keyId, long revision)
    {
        if (epoch is not null) channel.Send(Write(epoch, keyId, revision, masterKeys.Current));
    }

    /// <summary>Ignored unless it is genuine, of this history, and news.</summary>
    public void Receive(ReadOnlySpan<byte> nudge)
    {
        var current = belief.Current;
        if (!TryRead(nudge, masterKeys, out var epochId, out var keyId, out var revision) || current.Epoch?.Id != epochId) return;
        if (current.Floors.Raise(keyId, revision)) signal.Nudge();
    }

    public static byte[] Write(StoreEpoch epoch, string keyId, long revision, MasterKey key)
    {
        var nudge = new byte[KeyIdOffset + keyId.Length + KeyedHash.Size];
        nudge[0] = Version;
        nudge[1] = (byte)key.Generation;
        Encoding.ASCII.GetBytes(epoch.Id, nudge.AsSpan(EpochOffset, EpochLength));
        BinaryPrimitives.WriteInt64BigEndian(nudge.AsSpan(RevisionOffset), revision);
        Encoding.ASCII.GetBytes(keyId, nudge.AsSpan(KeyIdOffset));
        Sign(nudge, key, nudge.AsSpan(KeyIdOffset + keyId.Length));
        return nudge;
    }

    public static bool TryRead(ReadOnlySpan<byte> nudge, MasterKeys masterKeys, out string epochId, out string keyId, out long revision)
    {
        (epochId, keyId, revision) = ("", "", 0);
        var keyIdLength = nudge.Length - KeyIdOffset - KeyedHash.Size;
        if (keyIdLength is < 1 or > LongestKeyId || nudge[0] != Version || masterKeys.Find((char)nudge[1]) is not { } key) return false;

        Span<byte> mac = stackalloc byte[KeyedHash.Size];
        Sign(nudge, key, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, nudge[^KeyedHash.Size..])) return false;
        epochId = Encoding.ASCII.GetString(nudge.Slice(EpochOffset, EpochLength));
        revision = BinaryPrimitives.ReadInt64BigEndian(nudge[RevisionOffset..]);
        keyId = Encoding.ASCII.GetString(nudge.Slice(KeyIdOffset, keyIdLength));
        return true;
    }

    private static void Sign(ReadOnlySpan<byte> nudge, MasterKey key, Span<byte> mac) =>
        key.CacheSealHash.Compute([.. Type, .. nudge[..^KeyedHash.Size]], mac);
}
