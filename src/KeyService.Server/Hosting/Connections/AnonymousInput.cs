using System.Buffers;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// What a connection that has not carried a valid credential may read outside the share of the anonymous connections: as a rule more than
/// its first call or its first pages, and then what a probe of its health or metrics needs.
/// </summary>
/// <param name="ofARead">Bytes that a read counts for at least.</param>
/// <param name="isAuthenticated">Whether the connection has carried a valid credential; once true, it is not asked again.</param>
/// <param name="time">The clock.</param>
internal sealed class AnonymousInput(int ofARead, Func<bool> isAuthenticated, TimeProvider time)
{
    /// <summary>Bytes: the headers that a call may have (Grpc/HeaderLimits).</summary>
    public const int Most = 16 * 1024;

    /// <summary>Bytes that a read counts for at least over HTTP/1.1, where it is a request and may be for a page: two requests.</summary>
    public const int OfARequest = 8 * 1024;

    /// <summary>Bytes that a read counts for at least over HTTP/2: eight reads.</summary>
    public const int OfFrames = 2 * 1024;

    /// <summary>Bytes a second that are added: a request in 16 s, or a read of frames in 4 s.</summary>
    public const int ASecond = 512;

    private long _left = Most;
    private long _since = time.GetTimestamp();
    private bool _isAuthenticated;
    private volatile bool _isClosed;

    /// <summary>Whether the connection has not carried a valid credential.</summary>
    public bool IsAnonymous => !_isAuthenticated && !(_isAuthenticated = isAuthenticated());

    /// <summary>Whether the next read is in the share of the anonymous connections.</summary>
    public bool IsLimited => !_isAuthenticated && IsSpent && IsAnonymous;

    /// <summary>Whether the socket is closed: then nothing is read in that share.</summary>
    public bool IsClosed => _isClosed;

    private bool IsSpent
    {
        get
        {
            if (_left > 0) return false;
            var added = (long)(time.GetElapsedTime(_since).TotalSeconds * ASecond);
            if (added > 0) (_left, _since) = (Math.Min(_left + added, Most), time.GetTimestamp());
            return _left <= 0;
        }
    }

    /// <summary>Counts a read, which consumed a part of the buffer.</summary>
    public void Spend(in ReadOnlySequence<byte> buffer, SequencePosition consumed)
    {
        if (!_isAuthenticated) _left = Math.Max(_left - Math.Max(buffer.Slice(0, consumed).Length, ofARead), 1 - ofARead);
    }

    /// <summary>The socket is closed.</summary>
    public void Close() => _isClosed = true;
}
