using System.Threading.Tasks.Sources;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// A wait of a connection's input: in the queue for a turn, or for the end of the turn. One at a time; the waiting read
/// is resumed on the thread pool.
/// </summary>
internal sealed class TurnWait : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _isQueued;

    /// <summary>Whether the wait in the queue ended with a turn.</summary>
    public bool HasTurn { get; private set; }

    public ValueTask Task => new(this, _core.Version);

    /// <summary>Before each wait.</summary>
    public void Reset() => _core.Reset();

    /// <summary>Before it is put into the queue.</summary>
    public void BeginInQueue() => Volatile.Write(ref _isQueued, 1);

    /// <summary>Ends the wait in the queue, with a turn or without.</summary>
    /// <returns>False: it has ended before.</returns>
    public bool TryEndInQueue(bool hasTurn)
    {
        if (Interlocked.Exchange(ref _isQueued, 0) == 0) return false;
        HasTurn = hasTurn;
        Resume();
        return true;
    }

    /// <summary>Ends the wait for the end of the turn.</summary>
    public void Resume() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
