using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// What this replica knew of the database before it sent a look. The feed goes on while the look is under way, and what it learns meanwhile may be
/// later than what the look saw: compared with that, a look of the same history seems to be from before.
/// </summary>
/// <param name="Incarnation">Whose knowledge it is.</param>
/// <param name="Epoch">The database's history; null before the first cycle.</param>
/// <param name="Ticket">The last ticket under which changes were applied.</param>
/// <param name="IsRegistered">Whether the row was in <c>Replicas</c>.</param>
internal readonly record struct KnownBefore(Incarnation Incarnation, StoreEpoch? Epoch, long Ticket, bool IsRegistered)
{
    /// <summary>Take it before the look is sent.</summary>
    public static KnownBefore Of(Incarnation incarnation) => new(incarnation, incarnation.Epoch, incarnation.Ticket, incarnation.IsRegistered);
}
