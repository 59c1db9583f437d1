using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>What keys are at a moment in which nobody changes them: where another history begins.</summary>
internal sealed class Baseline
{
    private readonly List<(LoadKey Key, Operation Known)> _keys = [];

    public static async Task<Baseline> ReadAsync(ClusterRig rig, IReadOnlyList<LoadKey> keys)
    {
        var client = new RecordedClient("baseline", rig, new());
        var baseline = new Baseline();
        foreach (var key in keys)
        {
            var known = await Eventually.Get(() => client.ValidateAsync(0, key), answer => answer.IsOk, TimeSpan.FromSeconds(20));
            // As if the key had just been made, with this status and revision.
            baseline._keys.Add((key, known with { Kind = OperationKind.Create }));
        }

        return baseline;
    }

    /// <summary>A load that goes on from here, in a history of its own.</summary>
    public void Begin(OperationLog log, ClusterLoad load)
    {
        foreach (var (key, known) in _keys)
        {
            key.Status = known.Status;
            log.Add(known);
        }

        load.UseKeys(_keys.ConvertAll(entry => entry.Key));
    }
}
