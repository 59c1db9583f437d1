namespace KeyService.Server.Grpc;

/// <summary>
/// A permit of a call. Released when the call is over, or when its connection has closed: the task of a call whose connection was aborted may never end.
/// </summary>
internal sealed class Permit : IDisposable
{
    private readonly FairPermits _permits;
    private readonly CancellationTokenRegistration _closed;
    private FairPermits.Share? _share;

    public Permit(FairPermits permits, FairPermits.Share share, CancellationToken connectionClosed)
    {
        (_permits, _share) = (permits, share);
        _closed = connectionClosed.UnsafeRegister(static permit => ((Permit)permit!).Release(), this);
    }

    public void Dispose()
    {
        _closed.Unregister();
        Release();
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _share, null) is { } share) _permits.Release(share);
    }
}

/// <summary>A permit that is held for a bounded time by itself, such as the wait for a body, and needs no object. Default: none.</summary>
internal readonly struct BriefPermit(FairPermits permits, FairPermits.Share share) : IDisposable
{
    public bool IsTaken => share is not null;

    public void Dispose()
    {
        if (share is not null) permits.Release(share);
    }
}
