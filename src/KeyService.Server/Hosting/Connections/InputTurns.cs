namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Limits how many connections of the process have a batch of calls in the thread pool at a time; the others wait
/// for a turn, in order of arrival. Kestrel keeps objects for each call that it has read and not answered: those of
/// 1,600 calls, 50 of each of 32 connections, do not fit the processor's caches, and without turns the server then
/// answers 0.6 to 0.7 of its capacity on a machine with other load (tests/KeyService.Benchmarks, overload).
/// </summary>
/// <param name="count">Turns at a time.</param>
internal sealed class InputTurns(int count)
{
    /// <summary>
    /// Inputs that wait, for each turn. Above it, input is read without a turn: a closed connection waits for its turn like any
    /// other, and without a limit clients that connect again and again would make the queue grow, and with it every wait.
    /// </summary>
    public const int MostWaiting = 32;

    private readonly Lock _lock = new();
    private readonly Queue<InputInTurns> _waiting = [];
    private readonly int _mostWaiting = MostWaiting * count;
    private int _free = count;

    /// <summary>Four batches of about seven calls for each processor.</summary>
    public static InputTurns ForProcess() => new(4 * Environment.ProcessorCount);

    /// <summary>
    /// Gives <paramref name="input"/> a turn, now or later: then <see cref="InputInTurns.Resume"/> is called when it has one.
    /// </summary>
    public InputTurn Take(InputInTurns input)
    {
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return InputTurn.Now;
            }

            if (_waiting.Count >= _mostWaiting) return InputTurn.None;
            _waiting.Enqueue(input);
            return InputTurn.Later;
        }
    }

    /// <summary>Ends a turn, and gives it to the input that waits longest.</summary>
    public void Release()
    {
        InputInTurns? next;
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out next)) _free++;
        }

        next?.Resume();
    }
}

/// <summary>Answer of <see cref="InputTurns.Take"/>.</summary>
internal enum InputTurn
{
    /// <summary>The turn has begun.</summary>
    Now,

    /// <summary>The input waits for its turn.</summary>
    Later,

    /// <summary>Too many wait: the input is read without a turn.</summary>
    None,
}
