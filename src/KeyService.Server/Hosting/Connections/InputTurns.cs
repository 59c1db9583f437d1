namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Limits how many connections of the process have a batch of calls in the thread pool at a time; the others wait
/// for a turn, in order of arrival. Kestrel keeps objects for each call that it has read and not answered: those of
/// 1,600 calls, 50 of each of 32 connections, do not fit the processor's caches, and without turns the server then
/// answers 0.6 to 0.7 of its capacity on a machine with other load (tests/KeyService.Benchmarks, overload).
/// </summary>
/// <param name="count">Turns at a time.</param>
/// <param name="longestWait">
/// An input that has waited this long gets a turn beyond the limit, with the next pass of another turn through the
/// thread pool. Null: none does.
/// </param>
/// <param name="time">Limits the wait.</param>
internal sealed class InputTurns(int count, TimeSpan? longestWait, TimeProvider time)
{
    /// <summary>
    /// The longest wait of authenticated connections. Where the thread pool itself is the queue, as under a flood of
    /// short calls, turns are long and save nothing: they must not add to the wait. At saturation, 32 connections of
    /// 50 calls wait for about 10 ms for each processor.
    /// </summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly Queue<(TurnWait Wait, long Since)> _waiting = [];

    /// <summary>Negative while there are turns beyond the limit.</summary>
    private int _free = count;

    /// <summary>Two batches of about seven calls for each processor: one is read while the other runs.</summary>
    public static InputTurns ForAuthenticated(TimeProvider time) => new(2 * Environment.ProcessorCount, LongestWait, time);

    /// <summary>One for two processors: authenticated connections have the rest, however many others wait.</summary>
    public static InputTurns ForAnonymous(TimeProvider time) => new(Math.Max(1, Environment.ProcessorCount / 2), longestWait: null, time);

    /// <summary>
    /// Gives a turn, now (true) or later: then <paramref name="wait"/> ends with it.
    /// </summary>
    public bool Take(TurnWait wait)
    {
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return true;
            }

            wait.BeginInQueue();
            _waiting.Enqueue((wait, time.GetTimestamp()));
            Admit();
            return false;
        }
    }

    /// <summary>Gives turns to the inputs that have waited too long. Each turn calls it on each pass through the thread pool.</summary>
    public void AdmitOverdue()
    {
        lock (_lock) Admit();
    }

    /// <summary>Ends a turn, and gives it to the input that waits longest.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _free++;
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.TryPeek(out var next) && (_free > 0 || (longestWait is { } longest && time.GetElapsedTime(next.Since) >= longest)))
        {
            _waiting.Dequeue();
            // Not to an input that has ended.
            if (next.Wait.TryEndInQueue(hasTurn: true)) _free--;
        }
    }
}
