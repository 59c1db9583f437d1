namespace KeyService.Testing.Cluster.Load;

/// <summary>Asks one replica for keys that others are switching.</summary>
internal sealed class Validator(RecordedClient client, int replica, IReadOnlyList<LoadKey> keys, Metronome metronome, Seeded random)
{
    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await metronome.NextAsync();
            var answer = await client.ValidateAsync(replica, keys[random.Below(keys.Count)]);
            await Pace.Of(answer.IsOk);
        }
    }
}
