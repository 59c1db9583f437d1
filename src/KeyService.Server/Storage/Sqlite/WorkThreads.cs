using System.Diagnostics.CodeAnalysis;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// A few threads of their own for one kind of work. SQLite works on the thread that asks, so on threads of the pool 64 scans of 100,000 keys held
/// them all, and a validation that memory answers took 1.8 s instead of 1 ms: nobody was there to take it.
/// </summary>
internal sealed class WorkThreads : TaskScheduler, IDisposable
{
    /// <summary>What has not begun, in order. Also the lock.</summary>
    private readonly LinkedList<Task> _work = [];
    private readonly Thread[] _threads;
    private readonly Action<object?> _withdraw;
    private bool _isOver;

    public WorkThreads(string name, int count)
    {
        MaximumConcurrencyLevel = count;
        _withdraw = task => Withdraw((Task)task!);
        _threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(WorkThrough) { Name = name, IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    public override int MaximumConcurrencyLevel { get; }

    /// <summary>Runs work in the order of the calls.</summary>
    /// <param name="work">What to run.</param>
    /// <param name="cancellation">
    /// Work that is cancelled before it begins is not run, and its task ends at once, also when the work ahead of it never ends.
    /// </param>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        var task = Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, this);
        using var _ = cancellation.UnsafeRegister(_withdraw, task);
        return await await task;
    }

    /// <summary>What waits is still done. Returns when it is, unless one of the threads itself asks.</summary>
    public void Dispose()
    {
        lock (_work)
        {
            _isOver = true;
            Monitor.PulseAll(_work);
        }

        if (_threads.Contains(Thread.CurrentThread)) return;
        foreach (var thread in _threads) thread.Join();
    }

    /// <exception cref="ObjectDisposedException">After the end.</exception>
    protected override void QueueTask(Task task)
    {
        lock (_work)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            _work.AddLast(task);
            Monitor.Pulse(_work);
        }
    }

    protected override bool TryDequeue(Task task)
    {
        lock (_work) return _work.Remove(task);
    }

    /// <summary>Ends cancelled work that has not begun, which the framework would leave in the queue. It is not run.</summary>
    private void Withdraw(Task task)
    {
        if (TryDequeue(task)) TryExecuteTask(task);
    }

    /// <summary>Never: whoever waits for such work is not of these threads.</summary>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_work) return [.. _work];
    }

    private void WorkThrough()
    {
        while (TryTake(out var task)) TryExecuteTask(task);
    }

    /// <summary>Waits for work; false when it is over and nothing waits.</summary>
    private bool TryTake([NotNullWhen(true)] out Task? task)
    {
        lock (_work)
        {
            while (_work.Count == 0 && !_isOver) Monitor.Wait(_work);
            task = _work.First?.Value;
            if (task is not null) _work.RemoveFirst();
            return task is not null;
        }
    }
}
