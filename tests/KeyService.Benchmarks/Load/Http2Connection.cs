using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace KeyService.Benchmarks.Load;

/// <summary>
/// One HTTP/2 connection that can do nothing but one RPC, over and over: headers are encoded once, as a client with a header table sends
/// them, and an answer is compared with what it must begin with. An ordinary client costs more than the server under test.
/// </summary>
internal sealed class Http2Connection : IDisposable
{
    private const int DataFrame = 0, HeadersFrame = 1, ResetFrame = 3, SettingsFrame = 4, PingFrame = 6, GoAwayFrame = 7, WindowFrame = FrameWriter.WindowFrame;
    private const int MaxConcurrentStreams = 3;
    private const int FrameHeader = FrameWriter.HeaderLength;

    /// <summary>What HTTP/2 allows to be sent before the other side says more: for a call, and for the connection at its start.</summary>
    private const int Window = 65_535;

    /// <summary>So many later calls may pass one that is under way.</summary>
    private const int Passing = 16_384;

    private const int WindowStep = 1 << 20;

    /// <summary>Whatever the server allows.</summary>
    public const int MostUnderWay = 100;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[256 * 1024];
    private readonly FrameWriter _frames;

    // Small, so that the generator's own caches hold it: a slot for each call under way, and where that of a stream is.
    private readonly Slot[] _slots = new Slot[MostUnderWay];
    private readonly byte[] _slotOf = new byte[Passing];
    private readonly Stack<byte> _free = new(Enumerable.Range(0, MostUnderWay).Select(i => (byte)i));
    private readonly GrpcStatusReader _statuses = new();
    private readonly byte[] _firstHeaders;
    private readonly byte[] _headers;
    private readonly byte[] _answer;
    private int _receivedCount;
    private int _consumed;
    private bool _greeted;
    private int _nextStream = 1;
    private long _sendWindow = Window;

    public Http2Connection(int port, Calls calls)
    {
        _answer = calls.Answer;
        _firstHeaders = [0x83, 0x86, .. FrameWriter.Indexed(4, calls.Path), .. FrameWriter.Indexed(1, $"127.0.0.1:{port}"), .. FrameWriter.Indexed(31, "application/grpc"),
            .. FrameWriter.Named("te", "trailers"), .. calls.Credential is null ? [] : FrameWriter.Indexed(23, $"Bearer {calls.Credential}"),
            .. calls.Timeout.Length == 0 ? [] : FrameWriter.Named("grpc-timeout", calls.Timeout)];
        // The newest entry of the header table is 62.
        var entries = 4 + (calls.Credential is null ? 0 : 1) + (calls.Timeout.Length == 0 ? 0 : 1);
        _headers = [0x83, 0x86, .. Enumerable.Range(0, entries).Select(i => (byte)(0x80 | (61 + entries - i)))];
        _socket.Connect(IPAddress.Loopback, port);
        _frames = new(_socket);
        _frames.Append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        // SETTINGS_INITIAL_WINDOW_SIZE: an answer of up to 1 MiB needs no word of ours.
        _frames.Append(SettingsFrame, 0, 0, [0, 4, 0, 0x10, 0, 0]);
        _frames.AppendWindowUpdate((1 << 30) - 1);
        Flush();
        // More at once than the server allows would be refused.
        while (!_greeted) Receive(_ => { });
    }

    /// <summary>Calls that have no answer yet.</summary>
    public int UnderWay { get; private set; }

    /// <summary>When each of them was due.</summary>
    public IEnumerable<long> Waiting => _slots.Where(slot => slot.Stream != 0).Select(slot => slot.Intended);

    /// <summary>So many calls the server allows at once; its word comes with its first frame.</summary>
    public int MaxUnderWay { get; private set; } = MostUnderWay;

    /// <summary>False while the connection's window is too full for this body.</summary>
    public bool CanSend(byte[] body) => _sendWindow >= body.Length;

    public void Send(byte[] body, long intended, long now)
    {
        if (body.Length > Window) throw new ArgumentException("Too long for a call's window.", nameof(body));
        var free = _free.Pop();
        _slotOf[(_nextStream >> 1) % Passing] = free;
        _slots[free] = new() { Stream = _nextStream, Intended = intended, Sent = now };
        _frames.Append(HeadersFrame, flags: 4, _nextStream, _nextStream == 1 ? _firstHeaders : _headers);
        _frames.AppendLast(DataFrame, _nextStream, body);
        _sendWindow -= body.Length;
        _nextStream += 2;
        UnderWay++;
    }

    public void Flush() => _frames.Flush();

    /// <summary>Takes what has arrived; does not wait for more. Calls back for each call that ended; false: nothing has arrived.</summary>
    public bool Receive(Action<CallEnd> ended)
    {
        var any = false;
        while (_socket.Available > 0)
        {
            var count = _socket.Receive(_received.AsSpan(_receivedCount));
            if (count == 0) throw new IOException("The server closed the connection.");
            (_receivedCount, any) = (_receivedCount + count, true);
            var read = 0;
            while (_receivedCount - read >= FrameHeader)
            {
                var frame = _received.AsSpan(read, _receivedCount - read);
                var length = (frame[0] << 16) | (frame[1] << 8) | frame[2];
                if (frame.Length < FrameHeader + length) break;
                Take(frame[3], frame[4], BinaryPrimitives.ReadInt32BigEndian(frame[5..]), frame.Slice(FrameHeader, length), ended);
                read += FrameHeader + length;
            }

            _received.AsSpan(read, _receivedCount - read).CopyTo(_received);
            _receivedCount -= read;
        }

        return any;
    }

    public void Dispose() => _socket.Dispose();

    private void Take(int type, int flags, int stream, ReadOnlySpan<byte> payload, Action<CallEnd> ended)
    {
        switch (type)
        {
            case DataFrame:
                TakeData(ref SlotOf(stream), payload);
                break;
            case HeadersFrame:
                if ((flags & 4) == 0) throw new NotSupportedException("A header block in more than one frame.");
                var status = _statuses.Read(payload);
                if ((flags & 1) != 0) End(ref SlotOf(stream), status, ended);
                break;
            case ResetFrame:
                // After an answer it says only that the rest of the request is not wanted.
                if (_slots[_slotOf[(stream >> 1) % Passing]].Stream == stream) End(ref SlotOf(stream), GrpcStatusReader.None, ended);
                break;
            case WindowFrame when stream == 0:
                _sendWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case SettingsFrame when (flags & 1) == 0:
                TakeSettings(payload);
                _frames.Append(SettingsFrame, flags: 1, 0, []);
                _greeted = true;
                break;
            case PingFrame when (flags & 1) == 0:
                _frames.Append(PingFrame, flags: 1, 0, payload);
                break;
            case GoAwayFrame:
                throw new IOException("The server gave the connection up.");
        }
    }

    private void TakeSettings(ReadOnlySpan<byte> settings)
    {
        for (; settings.Length >= 6; settings = settings[6..])
            if (settings[1] == MaxConcurrentStreams) MaxUnderWay = (int)Math.Min(MostUnderWay, BinaryPrimitives.ReadUInt32BigEndian(settings[2..]));
    }

    private ref Slot SlotOf(int stream)
    {
        ref var slot = ref _slots[_slotOf[(stream >> 1) % Passing]];
        if (slot.Stream != stream) throw new IOException("An answer to no call that is under way.");
        return ref slot;
    }

    private void TakeData(ref Slot slot, ReadOnlySpan<byte> payload)
    {
        // Flag 0, four bytes of length, the message.
        if (slot.Received == 0 && payload.Length >= 5 + _answer.Length)
        {
            slot.Length = 5 + BinaryPrimitives.ReadInt32BigEndian(payload[1..]);
            slot.BeginsRight = payload[0] == 0 && payload.Slice(5, _answer.Length).SequenceEqual(_answer);
        }

        slot.Received += payload.Length;
        _consumed += payload.Length;
        if (_consumed < WindowStep) return;
        _frames.AppendWindowUpdate(_consumed);
        _consumed = 0;
    }

    private void End(ref Slot slot, int status, Action<CallEnd> ended)
    {
        UnderWay--;
        _free.Push(_slotOf[(slot.Stream >> 1) % Passing]);
        slot.Stream = 0;
        ended(new(slot.Intended, slot.Sent, status, status == 0 && slot.BeginsRight && slot.Received == slot.Length));
    }

    /// <summary>A call under way.</summary>
    private struct Slot
    {
        public int Stream;
        public bool BeginsRight;
        public int Length;
        public int Received;
        public long Intended;
        public long Sent;
    }
}
