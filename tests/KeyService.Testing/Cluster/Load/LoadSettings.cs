using System.Globalization;
using System.Security.Cryptography;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>How much, and from which seed.</summary>
internal static class LoadSettings
{
    public const int Writers = 16;
    public const int KeysPerWriter = 4;
    public const int ValidatorsPerReplica = 3;

    /// <summary>How long healing may take, in ticks of the clock: 5 s, and on a slow database what new connections take.</summary>
    public static long Grace { get; } =
        HistoryChecker.Grace + MonotonicClock.Ticks(DatabaseSpeed.Longer(TimeSpan.Zero, connections: 8));

    /// <summary>Above this a test goes round again with new keys: what was recorded is checked and forgotten.</summary>
    private const int MostPerRound = 2_000;

    private const int Default = 500;

    /// <summary>Status changes per fault: 500; 2,000 and 300,000 by <c>KEYSERVICE_CLUSTER_CHANGES</c>.</summary>
    public static int Changes { get; } = (int)(Number("KEYSERVICE_CLUSTER_CHANGES") ?? Default);

    public static int ChangesPerRound => Math.Min(Changes, MostPerRound);

    public static int Rounds => (Changes + MostPerRound - 1) / MostPerRound;

    /// <summary>A run on demand, which may take its time.</summary>
    public static bool IsLong => Changes > Default;

    /// <summary>How long everything is broken at random: 30 s; <c>KEYSERVICE_CLUSTER_MINUTES</c> says otherwise.</summary>
    public static TimeSpan Everything { get; } = Number("KEYSERVICE_CLUSTER_MINUTES") is { } minutes ? TimeSpan.FromMinutes(minutes) : TimeSpan.FromSeconds(30);

    /// <summary><c>KEYSERVICE_CLUSTER_SEED</c>, else a new one for each test.</summary>
    public static ulong Seed => Number("KEYSERVICE_CLUSTER_SEED") ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));

    private static ulong? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : null;
}
