using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>A key as an acknowledged change left it; or as it was read behind every earlier change, when nothing had to change.</summary>
/// <param name="Record">With its revision.</param>
/// <param name="Digests">Of the secrets by which it is found.</param>
/// <param name="Mark">Noted before the change read anything.</param>
internal sealed record ChangedKey(KeyRecord Record, IReadOnlyList<KeyDigest> Digests, ReadMark Mark);

/// <summary>Where replicas find a changed key without asking the database, as well as it can: nothing rests on it.</summary>
internal interface IChangedKeys
{
    /// <summary>Returns at once.</summary>
    void Put(ChangedKey changed);
}
