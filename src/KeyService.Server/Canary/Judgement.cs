using KeyService.Server.Keys;

namespace KeyService.Server.Canary;

/// <summary>What a replica said to the canary's credential.</summary>
internal enum Answer
{
    /// <summary>It holds.</summary>
    Accepted,

    /// <summary>It does not hold.</summary>
    Refused,

    /// <summary>Nothing that can be judged: away, too late, without its database, or not of this store.</summary>
    None,
}

/// <summary>
/// Whether an answer breaks the promise. An answer carries no revision, so the record is read again after it: if it is still the change's
/// own, nobody has switched the key since, and an answer that began after the change was in effect everywhere and contradicts it was given
/// from an older record. If it is not, somebody else has switched it (another process's canary, an operator), and nothing is judged.
/// </summary>
internal static class Judgement
{
    /// <param name="changed">To what the key was switched.</param>
    /// <param name="revision">The change's revision.</param>
    /// <param name="answer">Asked for after the change was in effect everywhere.</param>
    /// <param name="after">The record, read after the answer.</param>
    public static bool IsViolation(KeyStatus changed, long revision, Answer answer, KeyRecord after) =>
        !IsOvertaken(revision, after) && answer == (changed == KeyStatus.Disabled ? Answer.Accepted : Answer.Refused);

    public static bool IsOvertaken(long revision, KeyRecord after) => after.Revision != revision;
}
