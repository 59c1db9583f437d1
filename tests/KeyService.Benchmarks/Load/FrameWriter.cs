using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace KeyService.Benchmarks.Load;

/// <summary>HTTP/2 frames, gathered until they are sent.</summary>
internal sealed class FrameWriter(Socket socket)
{
    public const int HeaderLength = 9;
    public const int WindowFrame = 8;

    private const int EndStream = 1;
    private const int MaxLength = 16 * 1024;

    private readonly byte[] _unsent = new byte[256 * 1024];
    private int _count;

    public void Flush()
    {
        var sent = 0;
        while (sent < _count) sent += socket.Send(_unsent.AsSpan(sent, _count - sent));
        _count = 0;
    }

    public void AppendWindowUpdate(int bytes)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        Append(WindowFrame, flags: 0, 0, payload);
    }

    /// <summary>The rest of a stream, in as many frames as it needs.</summary>
    public void AppendLast(int type, int stream, ReadOnlySpan<byte> payload)
    {
        for (; payload.Length > MaxLength; payload = payload[MaxLength..]) Append(type, flags: 0, stream, payload[..MaxLength]);
        Append(type, EndStream, stream, payload);
    }

    public void Append(int type, int flags, int stream, ReadOnlySpan<byte> payload)
    {
        if (_count + HeaderLength + payload.Length > _unsent.Length) Flush();
        var header = _unsent.AsSpan(_count, HeaderLength);
        header[0] = (byte)(payload.Length >> 16);
        header[1] = (byte)(payload.Length >> 8);
        header[2] = (byte)payload.Length;
        header[3] = (byte)type;
        header[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        _count += HeaderLength;
        Append(payload);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_unsent.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>A header that joins the header table.</summary>
    public static byte[] Named(string name, string value) => [0x40, .. Text(name), .. Text(value)];

    /// <summary>A value that joins it under a name of the static one.</summary>
    public static byte[] Indexed(int name, string value) => [(byte)(0x40 | name), .. Text(value)];

    public static byte[] Text(string text) =>
        text.Length < 127 ? [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)] : throw new ArgumentException("Too long.", nameof(text));
}
