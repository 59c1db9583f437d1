namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Numbers from a seed (SplitMix64): the same on every machine and in every version of the runtime.</summary>
internal sealed class Dice(long seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>From 0 to below <paramref name="below"/>.</summary>
    public int Next(int below) => (int)(Draw() % (ulong)below);

    public int Next(int from, int below) => from + Next(below - from);

    private ulong Draw()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
