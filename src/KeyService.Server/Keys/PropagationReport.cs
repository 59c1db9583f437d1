namespace KeyService.Server.Keys;

/// <summary>How far a change has travelled.</summary>
/// <param name="Complete">No replica accepts the older record any more.</param>
/// <param name="Revision">The revision that this speaks of.</param>
/// <param name="EffectiveTime">From then on no replica accepts the older record, whatever has failed.</param>
/// <param name="ReplicasConfirmed">How many have applied it.</param>
/// <param name="ReplicasPending">How many have not confirmed it.</param>
/// <param name="ConsistencyToken">With it a validation is at least as fresh as the change; empty when the database did not say.</param>
internal sealed record PropagationReport(
    bool Complete, long Revision, DateTimeOffset EffectiveTime, int ReplicasConfirmed, int ReplicasPending, string ConsistencyToken);
