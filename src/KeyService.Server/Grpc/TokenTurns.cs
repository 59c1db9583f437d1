using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>
/// Who checks a token's signature now, which costs tens of microseconds of a processor before the caller is known. One token of a connection at a time,
/// and addresses are served round robin: a client that presents forged tokens delays its own, however many connections it has.
/// </summary>
internal sealed class TokenTurns(int atOnce)
{
    private readonly FairTurns _turns = new(atOnce, perCaller: atOnce);

    /// <summary>Dispose the result when the check is over; null when the turn did not come in time.</summary>
    public async ValueTask<IDisposable?> EnterAsync(ConnectionQuota connection, TimeSpan wait, CancellationToken cancellation)
    {
        if (!await connection.TokenTurn.WaitAsync(wait, cancellation)) return null;
        IDisposable? turn = null;
        try
        {
            turn = await _turns.EnterAsync(connection.Peer, wait, cancellation);
            return new Turn(turn, connection.TokenTurn);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            if (turn is null) connection.TokenTurn.Release();
        }
    }

    private sealed class Turn(IDisposable turn, SemaphoreSlim connection) : IDisposable
    {
        public void Dispose()
        {
            turn.Dispose();
            connection.Release();
        }
    }
}
