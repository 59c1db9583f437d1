using System.Security.Cryptography;

namespace KeyService.Server.Replication;

/// <summary>
/// The one rule for every cached answer, wherever it comes from: memory, Redis, or another caller's read that was already
/// under way. Asked at each use, at that moment.
/// </summary>
internal sealed class Belief(Floors floors)
{
    public const int EpochSize = 16;

    /// <summary>This start of this process. What an earlier one cached may be older than the truth.</summary>
    public ReadOnlyMemory<byte> Epoch { get; } = RandomNumberGenerator.GetBytes(EpochSize);

    /// <summary>Stamped on an entry when its read is sent.</summary>
    public long Era => floors.Era;

    public bool Holds(string keyId, long revision, long era) => floors.Allows(keyId, revision, era);
}
