using System.Buffers;
using System.IO.Pipelines;

namespace KeyService.Server.Hosting.Connections;

/// <summary>How much of a connection's input a read returns, and which input needs no turn.</summary>
/// <param name="anonymous">Of the connection.</param>
internal sealed class InputSlices(AnonymousInput anonymous)
{
    /// <summary>Bytes: about seven calls of ValidateKey.</summary>
    public const int SliceLength = 1024;

    /// <summary>Bytes: about eighteen calls of ValidateKey.</summary>
    public const int ShortLength = 2560;

    /// <summary>Bytes: above what the calls of ValidateKey are that a connection may have at a time (Hosting/Listeners: 50).</summary>
    public const int BodyLength = 8 * 1024;

    /// <summary>Bytes that were examined and not consumed: the next read returns more than these.</summary>
    private long _examined;

    /// <summary>A slice of long input was read, and not yet its end.</summary>
    private bool _isLong;

    /// <summary>Whether it is read as it comes.</summary>
    public bool IsShort(in ReadResult read) => read.Buffer.Length <= (anonymous.IsLimited ? 0 : _isLong ? SliceLength : ShortLength);

    /// <summary>What the read returns.</summary>
    public ReadResult First(in ReadResult read)
    {
        var length = _examined + SliceLength;
        _isLong = !IsShort(read) && read.Buffer.Length > length && (read.Buffer.Length <= BodyLength || anonymous.IsAnonymous);
        return !_isLong ? read : new(read.Buffer.Slice(0, length), read.IsCanceled, isCompleted: false);
    }

    /// <summary>Notes what the reader did with the input.</summary>
    public void Advance(in ReadOnlySequence<byte> buffer, SequencePosition consumed, SequencePosition examined)
    {
        _examined = consumed.Equals(examined) ? 0 : buffer.Slice(consumed, examined).Length;
        anonymous.Spend(buffer, consumed);
    }
}
