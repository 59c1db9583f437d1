namespace KeyService.Testing.Cluster.Load;

/// <summary>Asks one replica for keys that others are switching; every other time for one that was switched a moment ago.</summary>
internal sealed class Validator(
    RecordedClient client, int replica, IReadOnlyList<LoadKey> keys, RecentChanges recent, Metronome metronome, Seeded random)
{
    public async Task RunAsync(Func<bool> isOver)
    {
        for (var i = 0; !isOver(); i++)
        {
            await metronome.NextAsync();
            var key = (i % 2 == 0 ? recent.Any(random) : null) ?? keys[random.Below(keys.Count)];
            var answer = await client.ValidateAsync(replica, key);
            await Pace.Of(answer.IsOk);
        }
    }
}
