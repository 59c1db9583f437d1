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

    /// <summary>When the database answered last, or a read began after a time without reads.</summary>
    private long _answered;

    /// <summary>Whether the read that ended last was answered.</summary>
    private volatile bool _answers = true;

    private int _underWay;

    /// <summary>
    /// Whether reads are under way and none was answered for a second. A refusal then means an outage, not too many calls:
    /// reads that the database does not answer take all turns, however few calls there are.
    /// </summary>
    public bool IsStalled => Volatile.Read(ref _underWay) > 0 && time.GetElapsedTime(Volatile.Read(ref _answered)) > Silence;

    /// <summary>
    /// Dispose the result when the read is over, after <see cref="Turn.Answered"/> where there was an answer; null when too many
    /// wait already, known at once.
    /// </summary>
    /// <param name="left">What the caller still waits: whoever waits longer, as management does, gets in where validations are refused.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public ValueTask<Turn?> EnterAsync(TimeSpan left, CancellationToken cancellation)
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

    private async ValueTask<Turn?> LetInAsync(string? caller, CancellationToken cancellation)
    {
        var turn = await _turns.EnterAsync(caller, Timeout.InfiniteTimeSpan, cancellation);
        var now = Now;
        // A read that comes after failed ones alone is not an answer.
        if (Interlocked.Increment(ref _underWay) == 1 && _answers) Volatile.Write(ref _answered, now);
        return new Turn(this, turn, now);
    }

    /// <summary>A read's place.</summary>
    public sealed class Turn(ReadGate gate, IDisposable turn, long begun) : IDisposable
    {
        private bool _isAnswered;

        /// <summary>The database has answered the read, also with "no such key".</summary>
        public void Answered()
        {
            _isAnswered = true;
            Volatile.Write(ref gate._answered, gate.Now);
        }

        public void Dispose()
        {
            var pace = Volatile.Read(ref gate._pace);
            Volatile.Write(ref gate._pace, pace + ((gate.Now - begun - pace) / Weight));
            gate._answers = _isAnswered;
            Interlocked.Decrement(ref gate._underWay);
            turn.Dispose();
        }
    }

    private long Now => time.GetTimestamp();
}
