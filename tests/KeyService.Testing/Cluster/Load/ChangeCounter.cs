namespace KeyService.Testing.Cluster.Load;

/// <summary>Counts answered changes, and tells who waits for a number of them.</summary>
internal sealed class ChangeCounter
{
    private readonly Lock _lock = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;

    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    public void Add()
    {
        lock (_lock)
        {
            _count++;
            _waiting.RemoveAll(waiter => waiter.Count <= _count && waiter.Reached.TrySetResult());
        }
    }

    public Task ReachAsync(int count)
    {
        lock (_lock)
        {
            if (count <= _count) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return reached.Task;
        }
    }
}
