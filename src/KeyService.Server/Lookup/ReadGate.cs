using System.Threading.RateLimiting;
using KeyService.Server.Keys;

namespace KeyService.Server.Lookup;

/// <summary>
/// Bounds the look-ups that the database works on at once: keys that nobody knows must not take it away from those that are valid. Who came last is
/// let in first, so that the database works for callers who still wait: in turn, once more come than it can do, each would be let in after its
/// budget is spent, and nobody be answered. When the queue is full, who has waited longest is told.
/// </summary>
internal sealed class ReadGate : IDisposable
{
    /// <summary>Below the 100 connections of SqlClient's pool, so that management finds one.</summary>
    public const int Reads = 64;

    private const int Queue = 2_000;

    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = Reads,
        QueueLimit = Queue,
        QueueProcessingOrder = QueueProcessingOrder.NewestFirst,
    });

    /// <summary>Dispose the result when the read is over.</summary>
    /// <exception cref="StoreUnavailableException">Too many wait already.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellation)
    {
        var lease = await _limiter.AcquireAsync(1, cancellation);
        return lease.IsAcquired ? lease : throw new StoreUnavailableException(failure: "too many reads wait for the database");
    }

    public void Dispose() => _limiter.Dispose();
}
