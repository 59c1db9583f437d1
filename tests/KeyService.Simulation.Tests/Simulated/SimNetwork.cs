namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Everything that is under way: each step waits here until the world picks it, in any order.</summary>
internal sealed class SimNetwork
{
    /// <summary>How much longer the steps of a slow replica take.</summary>
    private const int Slowness = 8;

    private readonly List<(SimReplica? Actor, SimReplica? Sender, TaskCompletionSource Step)> _pending = [];

    /// <summary>Whose way to everything is slow; null: nobody's.</summary>
    public SimReplica? Slow { get; set; }

    /// <summary>A step outside the replicas, on the way or in the database: it happens whatever becomes of who sent it.</summary>
    public Task Outside(SimReplica? sender = null) => Add(null, sender);

    /// <summary>A step that a replica must be awake for, such as an answer's arrival. It never happens when the replica is dead.</summary>
    public Task Arrival(SimReplica replica) => Add(replica, replica);

    /// <summary>Lets one happen. False when none can.</summary>
    public bool Step(Dice random)
    {
        _pending.RemoveAll(step => step.Actor is { IsDead: true });
        if (_pending.Count == 0) return false;
        // A few tries: those of replicas that sleep have to wait.
        for (var i = 0; i < 4; i++)
        {
            var index = random.Next(_pending.Count);
            var (actor, sender, step) = _pending[index];
            if (actor is { IsAwake: false }) continue;
            if (sender is not null && sender == Slow && random.Next(Slowness) != 0) continue;
            _pending[index] = _pending[^1];
            _pending.RemoveAt(_pending.Count - 1);
            step.SetResult();
            return true;
        }

        return false;
    }

    private Task Add(SimReplica? actor, SimReplica? sender)
    {
        var step = new TaskCompletionSource();
        _pending.Add((actor, sender, step));
        return step.Task;
    }
}
