using System.Collections.Concurrent;

namespace KeyService.Testing.History;

/// <summary>What clients saw, and what was broken meanwhile.</summary>
internal sealed class OperationLog
{
    private readonly ConcurrentQueue<Operation> _operations = new();
    private readonly ConcurrentQueue<OpenFault> _faults = new();
    private readonly Heartbeat _heartbeat = Heartbeat.Here;
    private readonly long _began = MonotonicClock.Now;

    public MonotonicClock Clock { get; } = new();

    public void Add(Operation operation) => _operations.Enqueue(operation);

    public List<Operation> Operations => [.. _operations];

    public List<FaultWindow> Faults
    {
        get
        {
            var windows = new List<FaultWindow>();
            foreach (var fault in _faults) windows.Add(fault.Window);
            return windows;
        }
    }

    /// <summary>When the whole machine stood still.</summary>
    public List<FaultWindow> Stalls => _heartbeat.StallsSince(_began);

    /// <summary>From now until disposed.</summary>
    /// <param name="what">In a word or two.</param>
    /// <param name="replica">Null: all of them.</param>
    public IDisposable Fault(string what, int? replica = null)
    {
        var fault = new OpenFault(new(what, replica, MonotonicClock.Now, Operation.Never));
        _faults.Enqueue(fault);
        return fault;
    }

    private sealed class OpenFault(FaultWindow window) : IDisposable
    {
        public FaultWindow Window { get; private set; } = window;

        public void Dispose() => Window = Window with { Until = MonotonicClock.Now };
    }
}
