using System.Buffers.Binary;
using System.Text;

namespace KeyService.Testing;

/// <summary>HTTP/2 frames by hand (RFC 9113), for what no library sends.</summary>
public static class Http2Frames
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7;

    public static byte[] Of(byte type, byte flags, int id, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>HPACK: POST and http by their index, the rest as literals that no table keeps.</summary>
    public static byte[] Call(int id, string path, string credential, bool isWhole, params (string Name, string Value)[] headers)
    {
        var block = new List<byte> { 0x83, 0x86 };
        (string, string)[] all =
        [
            (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
            .. credential.Length == 0 ? [] : new[] { ("authorization", $"Bearer {credential}") }, .. headers,
        ];
        foreach (var (name, value) in all)
        {
            block.Add(0);
            foreach (var text in new[] { name, value })
            {
                // Lengths from 127 on take more bytes.
                var length = text.Length;
                if (length < 127)
                {
                    block.Add((byte)length);
                }
                else
                {
                    block.Add(127);
                    for (length -= 127; length >= 128; length >>= 7) block.Add((byte)((length & 127) | 128));
                    block.Add((byte)length);
                }

                block.AddRange(Encoding.ASCII.GetBytes(text));
            }
        }

        const int MaxFrame = 16_384;
        var parts = block.ToArray().Chunk(MaxFrame).ToList();
        // END_STREAM is 1, END_HEADERS 4; what follows the first frame are CONTINUATIONs.
        return [.. parts.SelectMany((part, i) =>
            Of(i == 0 ? Headers : (byte)9, (byte)((i == 0 && isWhole ? 1 : 0) | (i == parts.Count - 1 ? 4 : 0)), id, part))];
    }
}
