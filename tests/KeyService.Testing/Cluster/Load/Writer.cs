using KeyService.Testing.Cluster.Rig;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>Switches keys that nobody else switches, and asks at once whether it holds: the moment at which a promise is most likely broken.</summary>
internal sealed class Writer(RecordedClient client, IReadOnlyList<LoadKey> keys, Metronome metronome, Seeded random)
{
    public async Task RunAsync(ChangeCounter changes, Func<bool> isOver)
    {
        for (var i = 0; !isOver(); i++)
        {
            await metronome.NextAsync();
            var key = keys[i % keys.Count];
            if (!await SwitchAsync(key, isOver)) return;
            changes.Add();
            // Where it was done, and elsewhere.
            await client.ValidateAsync(random.Below(ClusterRig.Replicas), key);
            await client.ValidateAsync(random.Below(ClusterRig.Replicas), key);
        }
    }

    /// <summary>To the status that it does not have; a lost answer is asked for again, anywhere, until there is one.</summary>
    private async Task<bool> SwitchAsync(LoadKey key, Func<bool> isOver)
    {
        var wanted = key.Status == KeyStatus.Enabled ? KeyStatus.Disabled : KeyStatus.Enabled;
        key.Status = wanted;
        while (!isOver())
        {
            var answer = await client.SetStatusAsync(random.Below(ClusterRig.Replicas), key, wanted);
            await Pace.Of(answer.IsOk);
            if (answer.IsOk) return true;
        }

        return false;
    }
}
