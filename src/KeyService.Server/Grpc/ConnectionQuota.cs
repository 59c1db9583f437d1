namespace KeyService.Server.Grpc;

/// <summary>What the calls of one connection may hold before they are authenticated; a feature of the connection, and gone with it.</summary>
/// <param name="peer">The address of the other end; the connections of one address share what is divided by it.</param>
/// <param name="holder">Returns the only caller of the connection; null where there is none.</param>
internal sealed class ConnectionQuota(string peer = "", Func<string?>? holder = null)
{
    private const int MaxIssuerWaits = 4;
    private const int MaxHealthCalls = 8;
    private const int MaxWatches = 2;

    /// <summary>One token of a connection is checked at a time.</summary>
    private SemaphoreSlim? _tokenTurn;
    private int _issuerWaits;
    private int _healthCalls;
    private int _watches;

    public string Peer => peer;

    /// <summary>The share in which a call without a credential counts: that of the connection's only caller, or of its address.</summary>
    public string Holder => holder?.Invoke() ?? peer;

    public SemaphoreSlim TokenTurn => LazyInitializer.EnsureInitialized(ref _tokenTurn, static () => new(1))!;

    public bool TryBeginIssuerWait() => TryBegin(ref _issuerWaits, MaxIssuerWaits);

    public void EndIssuerWait() => Interlocked.Decrement(ref _issuerWaits);

    /// <summary>A call of <c>grpc.health.v1</c>.</summary>
    public bool TryBeginHealthCall(bool isWatch)
    {
        if (!TryBegin(ref _healthCalls, MaxHealthCalls)) return false;
        if (!isWatch || TryBegin(ref _watches, MaxWatches)) return true;
        Interlocked.Decrement(ref _healthCalls);
        return false;
    }

    public void EndHealthCall(bool isWatch)
    {
        if (isWatch) Interlocked.Decrement(ref _watches);
        Interlocked.Decrement(ref _healthCalls);
    }

    private static bool TryBegin(ref int count, int max)
    {
        if (Interlocked.Increment(ref count) <= max) return true;
        Interlocked.Decrement(ref count);
        return false;
    }
}
