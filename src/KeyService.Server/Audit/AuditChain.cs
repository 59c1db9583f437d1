using System.Buffers.Binary;
using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Audit;

/// <summary>
/// The MACs of the chain, HMAC-SHA-256 under the audit key of the generation that the row names. Strings are UTF-8 behind
/// their length in bytes (4 bytes, big-endian), numbers 8 bytes big-endian.
/// <code>
/// event    1, workspace id, sequence, event id (16 bytes), time (microseconds since 1970), action, actor, on behalf of,
///          key id, before, after, generation, MAC of the event before it (32 bytes; zeros before the first)
/// purge    2, workspace id, purged sequence, purged MAC (32 bytes), generation
/// </code>
/// </summary>
internal static class AuditChain
{
    public const int MacSize = 32;

    public static byte[] MacOf(AuditEventRow row, ReadOnlySpan<byte> previousMac, MasterKey key)
    {
        using var text = new MemoryStream();
        text.WriteByte(1);
        Write(text, row.WorkspaceId);
        Write(text, row.Sequence);
        text.Write(row.EventId.ToByteArray(bigEndian: true));
        Write(text, UtcMicroseconds.ToMicroseconds(row.EventTime));
        Write(text, row.Action);
        Write(text, row.Actor);
        Write(text, row.OnBehalfOf);
        Write(text, row.KeyId);
        Write(text, row.Before);
        Write(text, row.After);
        text.WriteByte((byte)row.Generation);
        text.Write(previousMac);
        return Mac(text, key);
    }

    public static byte[] PurgeSealOf(string workspaceId, long sequence, ReadOnlySpan<byte> mac, MasterKey key)
    {
        using var text = new MemoryStream();
        text.WriteByte(2);
        Write(text, workspaceId);
        Write(text, sequence);
        text.Write(mac);
        text.WriteByte((byte)key.Generation);
        return Mac(text, key);
    }

    private static byte[] Mac(MemoryStream text, MasterKey key)
    {
        var mac = new byte[MacSize];
        key.AuditHash.Compute(text.GetBuffer().AsSpan(0, (int)text.Length), mac);
        return mac;
    }

    private static void Write(MemoryStream stream, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        stream.Write(length);
        stream.Write(bytes);
    }

    private static void Write(MemoryStream stream, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        stream.Write(bytes);
    }
}
