using System.Collections.Concurrent;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// A few threads of their own for one kind of work. SQLite works on the thread that asks, so on threads of the pool 64 scans of 100,000 keys held
/// them all, and a validation that memory answers took 1.8 s instead of 1 ms: nobody was there to take it.
/// </summary>
internal sealed class WorkThreads : TaskScheduler, IDisposable
{
    private readonly BlockingCollection<Task> _work = [];
    private readonly Thread[] _threads;

    public WorkThreads(string name, int count)
    {
        MaximumConcurrencyLevel = count;
        _threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(WorkThrough) { Name = name, IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    public override int MaximumConcurrencyLevel { get; }

    /// <summary>In turn. What is cancelled before its turn is not begun, and says so when its turn comes.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>What waits is still done. Returns when it is, unless one of the threads itself asks.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        if (_threads.Contains(Thread.CurrentThread)) return;
        foreach (var thread in _threads) thread.Join();
    }

    protected override void QueueTask(Task task) => _work.Add(task);

    /// <summary>Never: whoever waits for such work is not of these threads.</summary>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _work;

    private void WorkThrough()
    {
        foreach (var task in _work.GetConsumingEnumerable()) TryExecuteTask(task);
    }
}
