namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// What a connection that has not carried a valid credential may read outside the share of the anonymous connections: as a rule more than
/// its first call or its first pages, and then what a probe of its health or metrics needs.
/// </summary>
/// <param name="ofARead">Bytes that a read counts for at least.</param>
/// <param name="time">The clock.</param>
internal struct AnonymousInput(int ofARead, TimeProvider time)
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

    /// <summary>Whether nothing is left now.</summary>
    public bool IsSpent
    {
        get
        {
            if (_left > 0) return false;
            var added = (long)(time.GetElapsedTime(_since).TotalSeconds * ASecond);
            if (added > 0) (_left, _since) = (Math.Min(_left + added, Most), time.GetTimestamp());
            return _left <= 0;
        }
    }

    /// <summary>Counts a read of so many bytes.</summary>
    public void Spend(long bytes) => _left = Math.Max(_left - Math.Max(bytes, ofARead), 1 - ofARead);
}
