using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>HTTP/2 by hand over a connection of its own, for what no library would send, and for many connections at little cost.</summary>
internal sealed class RawHttp2 : IDisposable
{
    private readonly TcpClient _client = new();
    private int _lastId = -1;

    private Stream? _tls;

    private Stream Stream => _tls ?? _client.GetStream();

    public static Task<RawHttp2> ConnectAsync(int port, params byte[] settings) => ConnectAsync(port, overTls: false, settings);

    /// <param name="port">On this machine.</param>
    /// <param name="overTls">With a TLS handshake that agrees on HTTP/2; any certificate is accepted.</param>
    /// <param name="settings">The payload of the first SETTINGS frame.</param>
    public static async Task<RawHttp2> ConnectAsync(int port, bool overTls, params byte[] settings)
    {
        var raw = new RawHttp2();
        try
        {
            await raw._client.ConnectAsync("127.0.0.1", port);
            if (overTls) raw._tls = await HandshakeAsync(raw._client.GetStream());
            await raw.SendAsync([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Http2Frames.Of(Http2Frames.Settings, 0, 0, settings)]);
            return raw;
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    public async Task SendAsync(byte[] bytes) => await Stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>The headers of a call, and its body when there is one.</summary>
    /// <returns>The number of its stream.</returns>
    public async Task<int> CallAsync(string path, string credential, byte[]? body = null, params (string Name, string Value)[] headers)
    {
        _lastId += 2;
        var data = body is null ? [] : Http2Frames.Of(Http2Frames.Data, 1, _lastId, body);
        await SendAsync([.. Http2Frames.Call(_lastId, path, credential, isWhole: body is null, headers), .. data]);
        return _lastId;
    }

    /// <summary>The next frame that is not about flow control, or null at the end of the connection.</summary>
    public async Task<(byte Type, byte Flags, int Stream, byte[] Payload)?> ReadAsync()
    {
        var header = new byte[9];
        try
        {
            while (true)
            {
                await Stream.ReadExactlyAsync(header, TestContext.Current.CancellationToken);
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >>> 8];
                await Stream.ReadExactlyAsync(payload, TestContext.Current.CancellationToken);
                // WINDOW_UPDATE.
                if (header[3] != 8) return (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
            }
        }
        catch (Exception e) when (e is IOException or EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Until a frame of that type; null when the connection ends before it.</summary>
    public async Task<(byte Type, byte Flags, int Stream, byte[] Payload)?> ReadAsync(byte type, int stream)
    {
        while (await ReadAsync() is { } frame)
        {
            if (frame.Type == type && frame.Stream == stream) return frame;
        }

        return null;
    }

    /// <summary>Whether the server answers on this connection.</summary>
    public async Task<bool> IsAliveAsync()
    {
        try
        {
            await SendAsync(Http2Frames.Of(Http2Frames.Ping, 0, 0, new byte[8]));
            return await ReadAsync(Http2Frames.Ping, 0) is not null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>
    /// Calls of one path without a credential, of 15 bytes each: the first has literals that the table keeps, the
    /// others their indexes. 160 of them are short input for the server (Hosting/Connections/InputInTurns): it begins
    /// all of them before it answers one, and their answers overflow the queue of Kestrel's output.
    /// </summary>
    public static byte[] ShortCalls(int count, string path)
    {
        (string, string)[] kept = [(":path", path), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers")];
        byte[] first =
        [
            0x83, 0x86,
            .. kept.SelectMany(header => (byte[])[0x40, .. Text(header.Item1), .. Text(header.Item2)]),
        ];
        // The table's newest entry is 62.
        byte[] next = [0x83, 0x86, 0xC1, 0xC0, 0xBF, 0xBE];
        return [.. Enumerable.Range(0, count).SelectMany(i => Http2Frames.Of(Http2Frames.Headers, 5, (2 * i) + 1, i == 0 ? first : next))];

        static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }

    /// <summary>Closes the socket; over TLS without the message that says so.</summary>
    public void Dispose() => _client.Dispose();

    private static async Task<SslStream> HandshakeAsync(NetworkStream socket)
    {
        var tls = new SslStream(socket);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            },
            TestContext.Current.CancellationToken);
        return tls;
    }
}
