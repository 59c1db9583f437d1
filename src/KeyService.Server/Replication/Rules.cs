#if !TEST_HOOKS
namespace KeyService.Server.Replication;

/// <summary>
/// The rules of the protocol, by the names that its negative controls use. All hold, always: only a build with test hooks has switches
/// in the place of these words.
/// </summary>
internal static class Rules
{
    /// <summary>A cycle registers before it draws its ticket.</summary>
    public static bool RegisterFirst => true;

    /// <summary>A cycle draws its ticket before it reads the changes.</summary>
    public static bool TicketFirst => true;

    /// <summary>A watermark counts only once every commit below it can be seen.</summary>
    public static bool Settled => true;

    /// <summary>The horizon stays below the watermark: what is still open is read again.</summary>
    public static bool Watermark => true;

    /// <summary>An answer below its key's floor is not believed.</summary>
    public static bool Floor => true;

    /// <summary>An answer read before the base of the floors is not believed.</summary>
    public static bool Base => true;

    /// <summary>Without a live lease nothing is believed.</summary>
    public static bool Lease => true;

    /// <summary>COMPLETE waits for every replica found.</summary>
    public static bool WaitAll => true;

    /// <summary>A replica that starts as new has a new name, and believes nothing from before.</summary>
    public static bool FreshName => true;

    /// <summary>Who joins a read that was under way believes its answer by the rule alone.</summary>
    public static bool BelieveJoined => true;

    /// <summary>A value in Redis counts only under its seal.</summary>
    public static bool RedisSeal => true;

    /// <summary>What belongs to another history of the database is not believed.</summary>
    public static bool Epoch => true;

    /// <summary>A look is compared with what was known before it was sent.</summary>
    public static bool KnownBefore => true;

    /// <summary>A watermark does not settle when a later, lower one contradicts it, or none was drawn for a while.</summary>
    public static bool LowestSettles => true;

    /// <summary>A watermark that fell is no other history as long as it is above the horizon.</summary>
    public static bool LowWatermark => true;

    /// <summary>A COMPLETE names a time that is not before the last replica was found to have the change.</summary>
    public static bool EffectiveTime => true;
}
#endif
