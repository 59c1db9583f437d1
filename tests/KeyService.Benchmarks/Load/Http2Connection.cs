using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KeyService.Benchmarks.Load;

/// <summary>
/// One HTTP/2 connection that can do nothing but one RPC, over and over: headers are encoded once, as a client with a header table sends
/// them, and an answer is compared with what it must begin with. An ordinary client costs more than the server under test.
/// </summary>
internal sealed class Http2Connection : IDisposable
{
    private const int HeadersFrame = 1, ResetFrame = 3, SettingsFrame = 4, PingFrame = 6, GoAwayFrame = 7, DataFrame = 0;
    private const int FrameHeader = 9;
    private const int Slots = 4_096;
    private const int WindowStep = 1 << 20;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[256 * 1024];
    private readonly byte[] _unsent = new byte[256 * 1024];
    private readonly long[] _intended = new long[Slots];
    private readonly bool[] _answered = new bool[Slots];
    private readonly byte[] _firstHeaders;
    private readonly byte[] _headers;
    private readonly byte[] _answer;
    private int _receivedCount;
    private int _unsentCount;
    private int _consumed;
    private int _nextStream = 1;

    public Http2Connection(int port, Calls calls)
    {
        _answer = calls.Answer;
        _firstHeaders = [0x83, 0x86, .. Indexed(4, calls.Path), .. Indexed(1, $"127.0.0.1:{port}"), .. Indexed(31, "application/grpc"),
            0x40, .. Text("te"), .. Text("trailers"), .. calls.Credential is null ? [] : Indexed(23, $"Bearer {calls.Credential}")];
        // The newest entry of the header table is 62.
        var entries = calls.Credential is null ? 4 : 5;
        _headers = [0x83, 0x86, .. Enumerable.Range(0, entries).Select(i => (byte)(0x80 | (61 + entries - i)))];
        _socket.Connect(IPAddress.Loopback, port);
        Append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        AppendFrame(SettingsFrame, 0, 0, []);
        AppendWindowUpdate((1 << 30) - 1);
        Flush();
    }

    /// <summary>Calls that have no answer yet.</summary>
    public int UnderWay { get; private set; }

    public long Wrong { get; private set; }

    public void Send(byte[] body, long intended)
    {
        var slot = (_nextStream >> 1) % Slots;
        _intended[slot] = intended;
        _answered[slot] = false;
        AppendFrame(HeadersFrame, flags: 4, _nextStream, _nextStream == 1 ? _firstHeaders : _headers);
        AppendFrame(DataFrame, flags: 1, _nextStream, body);
        _nextStream += 2;
        UnderWay++;
    }

    public void Flush()
    {
        var sent = 0;
        while (sent < _unsentCount) sent += _socket.Send(_unsent.AsSpan(sent, _unsentCount - sent));
        _unsentCount = 0;
    }

    /// <summary>Takes what has arrived; does not wait for more. Calls back with the intended start of each call that was answered.</summary>
    public void Receive(Action<long> completed)
    {
        while (_socket.Available > 0)
        {
            var count = _socket.Receive(_received.AsSpan(_receivedCount));
            if (count == 0) throw new IOException("The server closed the connection.");
            _receivedCount += count;
            var read = 0;
            while (_receivedCount - read >= FrameHeader)
            {
                var frame = _received.AsSpan(read, _receivedCount - read);
                var length = (frame[0] << 16) | (frame[1] << 8) | frame[2];
                if (frame.Length < FrameHeader + length) break;
                Take(frame[3], frame[4], BinaryPrimitives.ReadInt32BigEndian(frame[5..]), frame.Slice(FrameHeader, length), completed);
                read += FrameHeader + length;
            }

            _received.AsSpan(read, _receivedCount - read).CopyTo(_received);
            _receivedCount -= read;
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Take(int type, int flags, int stream, ReadOnlySpan<byte> payload, Action<long> completed)
    {
        var slot = (stream >> 1) % Slots;
        switch (type)
        {
            case DataFrame:
                // Flag 0, four bytes of length, the message.
                if (payload.Length >= 5 + _answer.Length && payload[0] == 0 && payload.Slice(5, _answer.Length).SequenceEqual(_answer))
                    _answered[slot] = true;
                _consumed += payload.Length;
                if (_consumed < WindowStep) break;
                AppendWindowUpdate(_consumed);
                _consumed = 0;
                break;
            case HeadersFrame when (flags & 1) != 0:
                UnderWay--;
                if (!_answered[slot]) Wrong++;
                completed(_intended[slot]);
                break;
            case SettingsFrame when (flags & 1) == 0:
                AppendFrame(SettingsFrame, flags: 1, 0, []);
                break;
            case PingFrame when (flags & 1) == 0:
                AppendFrame(PingFrame, flags: 1, 0, payload);
                break;
            case ResetFrame or GoAwayFrame:
                throw new IOException("The server gave the connection up.");
        }
    }

    private void AppendWindowUpdate(int bytes)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        AppendFrame(type: 8, flags: 0, 0, payload);
    }

    private void AppendFrame(int type, int flags, int stream, ReadOnlySpan<byte> payload)
    {
        if (_unsentCount + FrameHeader + payload.Length > _unsent.Length) Flush();
        var header = _unsent.AsSpan(_unsentCount, FrameHeader);
        header[0] = (byte)(payload.Length >> 16);
        header[1] = (byte)(payload.Length >> 8);
        header[2] = (byte)payload.Length;
        header[3] = (byte)type;
        header[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        _unsentCount += FrameHeader;
        Append(payload);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_unsent.AsSpan(_unsentCount));
        _unsentCount += bytes.Length;
    }

    /// <summary>A value that joins the header table under a name of the static one.</summary>
    private static byte[] Indexed(int name, string value) => [(byte)(0x40 | name), .. Text(value)];

    private static byte[] Text(string text) =>
        text.Length < 127 ? [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)] : throw new ArgumentException("Too long.", nameof(text));
}
