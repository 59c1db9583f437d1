namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Runs all code of a world on one thread: what an await leaves behind is queued here, in order.</summary>
internal sealed class SimScheduler : TaskScheduler
{
    private readonly Queue<Task> _ready = new();

    public void Run(Func<Task> work) => _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, this);

    /// <summary>Until everybody waits for something.</summary>
    public void Drain()
    {
        while (_ready.TryDequeue(out var task)) TryExecuteTask(task);
    }

    protected override void QueueTask(Task task) => _ready.Enqueue(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _ready;
}
