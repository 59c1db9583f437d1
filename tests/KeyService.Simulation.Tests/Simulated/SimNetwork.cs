namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Everything that is under way: each step waits here until the world picks it, in any order.</summary>
internal sealed class SimNetwork
{
    private readonly List<(SimReplica? Actor, TaskCompletionSource Step)> _pending = [];

    /// <summary>A step outside the replicas, on the way or in the database: it happens whatever becomes of who sent it.</summary>
    public Task Outside() => Add(null);

    /// <summary>A step that a replica must be awake for, such as an answer's arrival. It never happens when the replica is dead.</summary>
    public Task Arrival(SimReplica replica) => Add(replica);

    /// <summary>Lets one happen. False when none can.</summary>
    public bool Step(Dice random)
    {
        _pending.RemoveAll(step => step.Actor is { IsDead: true });
        if (_pending.Count == 0) return false;
        // A few tries: those of replicas that sleep have to wait.
        for (var i = 0; i < 4; i++)
        {
            var index = random.Next(_pending.Count);
            var (actor, step) = _pending[index];
            if (actor is { IsAwake: false }) continue;
            _pending[index] = _pending[^1];
            _pending.RemoveAt(_pending.Count - 1);
            step.SetResult();
            return true;
        }

        return false;
    }

    private Task Add(SimReplica? actor)
    {
        var step = new TaskCompletionSource();
        _pending.Add((actor, step));
        return step.Task;
    }
}
