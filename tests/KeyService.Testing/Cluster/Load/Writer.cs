using KeyService.Testing.Cluster.Rig;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>Switches keys that nobody else switches, and asks at once whether it holds: the moment at which a promise is most likely broken.</summary>
internal sealed class Writer(RecordedClient client, IReadOnlyList<LoadKey> keys, RecentChanges recent, Metronome metronome, Seeded random)
{
    public async Task RunAsync(ChangeCounter changes, Func<bool> isOver)
    {
        for (var i = 0; !isOver(); i++)
        {
            await metronome.NextAsync();
            var key = keys[i % keys.Count];
            if (await SwitchAsync(key, isOver) is not { } replica) return;
            changes.Add();
            recent.Add(key);
            // Elsewhere: the replica that answered has the change.
            var step = 1 + random.Below(2);
            await client.ValidateAsync((replica + step) % ClusterRig.Replicas, key);
            await client.ValidateAsync((replica + step + step) % ClusterRig.Replicas, key);
        }
    }

    /// <summary>To the status that it does not have; a lost answer is asked for again, anywhere, until there is one.</summary>
    /// <returns>The replica that answered; null: it is over.</returns>
    private async Task<int?> SwitchAsync(LoadKey key, Func<bool> isOver)
    {
        var wanted = key.Status == KeyStatus.Enabled ? KeyStatus.Disabled : KeyStatus.Enabled;
        key.Status = wanted;
        while (!isOver())
        {
            var replica = random.Below(ClusterRig.Replicas);
            var answer = await client.SetStatusAsync(replica, key, wanted);
            if (answer.IsOk) return replica;
            await Pace.Of(isOk: false);
        }

        return null;
    }
}
