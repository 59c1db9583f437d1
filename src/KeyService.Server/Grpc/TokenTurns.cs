namespace KeyService.Server.Grpc;

/// <summary>
/// Who checks a token's signature now, which costs tens of microseconds of a processor before the caller is known. One token of a connection at a time, and
/// the connections take turns: a client that presents forged tokens delays its own.
/// </summary>
internal sealed class TokenTurns(int atOnce)
{
    private readonly SemaphoreSlim _turns = new(atOnce);

    /// <summary>Dispose the result when the check is over; null when the turn did not come in time.</summary>
    public async ValueTask<IDisposable?> EnterAsync(ConnectionQuota connection, TimeSpan wait, CancellationToken cancellation)
    {
        if (!await connection.TokenTurn.WaitAsync(wait, cancellation)) return null;
        var isTurn = false;
        try
        {
            isTurn = await _turns.WaitAsync(wait, cancellation);
        }
        finally
        {
            if (!isTurn) connection.TokenTurn.Release();
        }

        return isTurn ? new Turn(_turns, connection.TokenTurn) : null;
    }

    private sealed class Turn(SemaphoreSlim all, SemaphoreSlim connection) : IDisposable
    {
        public void Dispose()
        {
            all.Release();
            connection.Release();
        }
    }
}
