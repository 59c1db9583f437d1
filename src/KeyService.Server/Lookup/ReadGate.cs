using KeyService.Server.Keys;

namespace KeyService.Server.Lookup;

/// <summary>
/// Bounds the look-ups that the database works on at once: keys that nobody knows must not take it away from those that are valid. Beyond that as many
/// wait as will be answered within their budget at the pace that reads have now, served round robin by caller (<see cref="CurrentCaller"/>). All others are
/// refused at once: a database that works for callers who have given up answers nobody.
/// </summary>
internal sealed class ReadGate(TimeProvider time)
{
    /// <summary>Below the 100 connections of SqlClient's pool, so that management finds one.</summary>
    public const int Reads = 64;

    private const int Queue = 2_000;

    /// <summary>A read counts for so much of what is known of their pace.</summary>
    private const int Weight = 16;

    /// <summary>Longer than any read of a database that answers.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly FairTurns _turns = new(Reads, perCaller: Reads);

    /// <summary>What a read takes, in ticks of the time provider: a moving average. Two that end at once may lose one of the two.</summary>
    private long _pace;

    /// <summary>When a read ended last, or began where none was under way.</summary>
    private long _moved;
    private int _underWay;

    /// <summary>
    /// Whether reads are under way and none has ended for a second. A refusal then means an outage, not too many calls: the
    /// reads that a silent database does not end take all turns, however few calls there are.
    /// </summary>
    public bool IsStalled => Volatile.Read(ref _underWay) > 0 && time.GetElapsedTime(Volatile.Read(ref _moved)) > Silence;

    /// <summary>Dispose the result when the read is over; null when too many wait already, known at once.</summary>
    /// <param name="left">What the caller still waits: whoever waits longer, as management does, gets in where validations are refused.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public ValueTask<IDisposable?> EnterAsync(TimeSpan left, CancellationToken cancellation)
    {
        var caller = CurrentCaller.Id;
        var ahead = _turns.Ahead(caller);
        return ahead > 0 && (ahead > Queue || WouldBeLate(ahead, left)) ? default : LetInAsync(caller, cancellation);
    }

    /// <summary>A quarter of what is left is for the way there and back.</summary>
    private bool WouldBeLate(int waiting, TimeSpan left)
    {
        var pace = Volatile.Read(ref _pace);
        return (waiting * pace / Reads) + pace > left.TotalSeconds * time.TimestampFrequency * 3 / 4;
    }

    private async ValueTask<IDisposable?> LetInAsync(string? caller, CancellationToken cancellation)
    {
        var turn = await _turns.EnterAsync(caller, Timeout.InfiniteTimeSpan, cancellation);
        var now = Now;
        if (Interlocked.Increment(ref _underWay) == 1) Volatile.Write(ref _moved, now);
        return new Turn(this, turn, now);
    }

    private sealed class Turn(ReadGate gate, IDisposable turn, long begun) : IDisposable
    {
        public void Dispose()
        {
            var (pace, now) = (Volatile.Read(ref gate._pace), gate.Now);
            Volatile.Write(ref gate._pace, pace + ((now - begun - pace) / Weight));
            Volatile.Write(ref gate._moved, now);
            Interlocked.Decrement(ref gate._underWay);
            turn.Dispose();
        }
    }

    private long Now => time.GetTimestamp();
}
