using System.Buffers.Binary;

namespace KeyService.Storage.Tests.TSql;

/// <summary>TLS records within pre-login packets, as TDS has them until the handshake is over.</summary>
internal sealed class TdsHandshakeStream(Stream inner) : Stream
{
    private int _left;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0)
        {
            var header = new byte[8];
            await inner.ReadExactlyAsync(header, cancellationToken);
            _left = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)) - header.Length;
        }

        var read = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
        _left -= read;
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(FakeSqlServer.Packet(FakeSqlServer.PreLogin, buffer.Span), cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
