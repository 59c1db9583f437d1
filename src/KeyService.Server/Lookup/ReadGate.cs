using System.Threading.RateLimiting;

namespace KeyService.Server.Lookup;

/// <summary>
/// Bounds the look-ups that the database works on at once: keys that nobody knows must not take it away from those that are valid. Beyond that as many
/// wait, in turn, as will be answered within their budget at the pace that reads have now. All others are told at once: a database that works for
/// callers who have given up answers nobody.
/// </summary>
internal sealed class ReadGate(TimeProvider time) : IDisposable
{
    /// <summary>Below the 100 connections of SqlClient's pool, so that management finds one.</summary>
    public const int Reads = 64;

    private const int Queue = 2_000;

    /// <summary>A read counts for so much of what is known of their pace.</summary>
    private const int Weight = 16;

    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = Reads,
        QueueLimit = Queue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private int _inside;

    /// <summary>What a read takes, in ticks of the time provider: a moving average. Two that end at once may lose one of the two.</summary>
    private long _pace;

    /// <summary>Dispose the result when the read is over; null when too many wait already, known at once.</summary>
    /// <param name="left">What the caller still waits: whoever waits longer, as management does, gets in where validations are refused.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public ValueTask<IDisposable?> EnterAsync(TimeSpan left, CancellationToken cancellation)
    {
        var waiting = Interlocked.Increment(ref _inside) - Reads;
        if (waiting <= 0 || (waiting <= Queue && !WouldBeLate(waiting, left))) return LetInAsync(cancellation);
        Interlocked.Decrement(ref _inside);
        return default;
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>A quarter of what is left is for the way there and back.</summary>
    private bool WouldBeLate(int waiting, TimeSpan left)
    {
        var pace = Volatile.Read(ref _pace);
        return (waiting * pace / Reads) + pace > left.TotalSeconds * time.TimestampFrequency * 3 / 4;
    }

    private async ValueTask<IDisposable?> LetInAsync(CancellationToken cancellation)
    {
        try
        {
            var lease = await _limiter.AcquireAsync(1, cancellation);
            if (lease.IsAcquired) return new Turn(this, lease, time.GetTimestamp());
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }

        Interlocked.Decrement(ref _inside);
        return null;
    }

    private sealed class Turn(ReadGate gate, RateLimitLease lease, long begun) : IDisposable
    {
        public void Dispose()
        {
            var pace = Volatile.Read(ref gate._pace);
            Volatile.Write(ref gate._pace, pace + ((gate.Now - begun - pace) / Weight));
            // The place first: who counts as inside has one, or waits for one that there is.
            lease.Dispose();
            Interlocked.Decrement(ref gate._inside);
        }
    }

    private long Now => time.GetTimestamp();
}
