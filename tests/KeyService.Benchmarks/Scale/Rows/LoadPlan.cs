using System.Buffers.Binary;
using System.Globalization;
using KeyService.Server.Keys;

namespace KeyService.Benchmarks.Scale.Rows;

/// <summary>What a loaded store holds; kept beside it as <c>scale.json</c>. Everything about key n follows from it, and the API key from the master key too.</summary>
/// <param name="Keys">How many, numbered from 0 in the order of their creation.</param>
/// <param name="Seed">Another one makes other keys.</param>
/// <param name="FirstTime">When key 0 was made.</param>
internal sealed record LoadPlan(int Keys, int Seed, DateTimeOffset FirstTime)
{
    /// <summary>Holds 53 of 100 keys: 10 million leave it more than page 10,000 of 500 needs.</summary>
    public const string BigWorkspace = "wallet-retail";

    private const int BigPercent = 53;

    /// <summary>About as many in each of the others.</summary>
    private const int SmallWorkspaceKeys = 1_000;

    /// <summary>10 million keys in 579 days.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>The last key is made now.</summary>
    public static LoadPlan EndingAt(DateTimeOffset now, int keys, int seed) => new(keys, seed, UtcMicroseconds.Truncate(now) - (keys * Interval));

    public DateTimeOffset TimeOf(int n) => FirstTime + (n * Interval) + TimeSpan.FromMicroseconds(Draw(n, Use.Time, 4_000_000));

    public string WorkspaceOf(int n)
    {
        var others = Math.Max(1, Keys / 100 * (100 - BigPercent) / SmallWorkspaceKeys);
        return Draw(n, Use.IsBig, 100) < BigPercent
            ? BigWorkspace
            : string.Create(CultureInfo.InvariantCulture, $"partner-{Draw(n, Use.Workspace, others):D5}");
    }

    /// <summary>UUIDv7 of a time: its other bits follow from the key's number.</summary>
    public Guid IdOf(int n, DateTimeOffset time, Use use)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)time.ToUnixTimeMilliseconds() << 16) | 0x7000 | (Number(n, use) & 0xFFF));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (Number(n, use + 1) >> 2) | (1UL << 63));
        return new(bytes, bigEndian: true);
    }

    public int Draw(int n, Use use, int below) => (int)(Number(n, use) % (ulong)below);

    /// <summary>SplitMix64: spread well enough for names and workspaces. Not for secrets.</summary>
    private ulong Number(int n, Use use)
    {
        var z = (((ulong)Seed << 48) ^ ((ulong)n << 8) ^ (ulong)use) + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>What a number is drawn for.</summary>
    public enum Use
    {
        Time,
        IsBig,
        Workspace,
        KeyId,
        KeyIdRest,
        EventId,
        EventIdRest,
        Name,
        Description,
        Scopes,
        Metadata,
    }
}
