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
            await AskEverywhereAsync(key, replica);
        }
    }

    /// <summary>The others first, in any order, and then the replica that answered: it may not return an older revision.</summary>
    private async Task AskEverywhereAsync(LoadKey key, int answered)
    {
        var others = ClusterRig.Replicas - 1;
        var first = random.Below(Math.Max(others, 1));
        for (var i = 0; i < others; i++) await client.ValidateAsync((answered + 1 + ((first + i) % others)) % ClusterRig.Replicas, key);
        await client.ValidateAsync(answered, key);
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
            // It may have happened: what is answered before the repetition is of interest.
            recent.Add(key);
            await Pace.Of(isOk: false);
        }

        return null;
    }
}
