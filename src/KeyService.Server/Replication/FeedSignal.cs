namespace KeyService.Server.Replication;

/// <summary>Asks the feed for a cycle now.</summary>
internal sealed class FeedSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _asked = New();
    private TaskCompletionSource _done = new();

    /// <summary>A change was told of: look at it.</summary>
    public void Nudge()
    {
        lock (_lock) _asked.TrySetResult();
    }

    /// <summary>Completes after a cycle that began after this call; all who ask meanwhile share it.</summary>
    /// <exception cref="Keys.StoreUnavailableException">The cycle failed.</exception>
    public Task FreshAsync()
    {
        lock (_lock)
        {
            _asked.TrySetResult();
            return _done.Task;
        }
    }

    /// <summary>For the loop: completes when somebody asks.</summary>
    public Task Asked
    {
        get
        {
            lock (_lock) return _asked.Task;
        }
    }

    /// <summary>For the loop, before a cycle begins: who waits for it, and whether anybody asked. Who asks from here on gets the next one.</summary>
    public (bool Asked, TaskCompletionSource Waiting) Begin()
    {
        lock (_lock)
        {
            var taken = (_asked.Task.IsCompleted, _done);
            if (_asked.Task.IsCompleted) _asked = New();
            _done = new();
            return taken;
        }
    }

    // It is completed under the lock.
    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
