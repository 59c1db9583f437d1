using System.Globalization;
using System.Security.Cryptography;

namespace KeyService.Testing;

/// <summary>
/// Random choices that a printed seed repeats: SplitMix64. <c>KEYSERVICE_TEST_SEED</c> sets the seed. Moments of other processes are
/// not repeated by it. Safe for one thread.
/// </summary>
internal sealed class Seeded(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A new seed, printed by <paramref name="print"/>.</summary>
    public static Seeded New(Action<string> print)
    {
        var seed = Environment.GetEnvironmentVariable("KEYSERVICE_TEST_SEED") is { Length: > 0 } text
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
        print($"KEYSERVICE_TEST_SEED={seed}");
        return new(seed);
    }

    /// <summary>From 0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>A source of its own, for another thread.</summary>
    public Seeded Split() => new(Next());

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
