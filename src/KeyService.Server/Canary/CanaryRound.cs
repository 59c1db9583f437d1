using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Canary;

/// <summary>
/// One round: switch the key off, ask every replica; switch it on, ask again. Several processes may run it on the one key: who finds it
/// changed since his own last look stands by, and takes over when nobody else has changed it for a round.
/// </summary>
internal sealed class CanaryRound(
    ICanaryKey key, ReplicaCalls replicas, DatabaseClock clock, CanaryMetrics metrics, Metrics conditions, TimeProvider time, ILogger<CanaryRound> log)
{
    /// <summary>The database's clock is reckoned on from its last answer, and may be set meanwhile.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    /// <summary>So far ahead of the database's clock what is reckoned may be: an answer was on its way for that long at most.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(3);

    /// <summary>The key's revision as this process knows it; 0: not yet.</summary>
    private long _known;

    private readonly CanaryCoverage _coverage = new(metrics, conditions, time, log);

    /// <param name="rows">The replicas.</param>
    /// <param name="cancellation">Ends the round; the key may stay switched off until the next.</param>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public async Task<RoundOutcome> RunAsync(IReadOnlyCollection<ReplicaRow> rows, CancellationToken cancellation)
    {
        var record = await key.ReadAsync(cancellation);
        if (record.Revision != _known)
        {
            _known = record.Revision;
            return RoundOutcome.StoodBy;
        }

        if (record.Status == KeyStatus.Disabled)
        {
            if (!record.StatusReason.StartsWith(CanaryKey.ReasonPrefix, StringComparison.Ordinal)) Log.CanaryKeyDisabled(log, record.KeyId);
            await key.SwitchAsync(record.KeyId, KeyStatus.Enabled, cancellation);
        }

        // Now each has the connection, and the record to forget.
        replicas.Follow(rows);
        await replicas.AskAsync(key.Credential, cancellation);

        var off = await StepAsync(record.KeyId, KeyStatus.Disabled, cancellation);
        if (off == RoundOutcome.Overtaken) return off;
        var on = await StepAsync(record.KeyId, KeyStatus.Enabled, cancellation);
        // The worse of the two.
        return on == RoundOutcome.Overtaken || on > off ? on : off;
    }

    private async Task<RoundOutcome> StepAsync(string keyId, KeyStatus status, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var (changed, change) = await key.SwitchAsync(keyId, status, cancellation);
        if (changed.StatusReason != key.Reason)
        {
            // Another process was there first, and goes on: two at once would only keep each other from judging.
            _known = changed.Revision;
            return RoundOutcome.Overtaken;
        }

        if (change.Complete) metrics.Propagated(time.GetElapsedTime(began));
        else await UntilAsync(change.EffectiveTime, cancellation);

        var answers = await replicas.AskAsync(key.Credential, cancellation);
        var after = await key.ReadAsync(cancellation);
        _known = after.Revision;
        var judged = _coverage.Count(answers);
        foreach (var (replicaId, answer, _) in answers)
        {
            if (answer is not { } said || !Judgement.IsViolation(status, change.Revision, said, after)) continue;
            metrics.Violated();
            Log.CanaryViolation(log, replicaId, keyId, status.ToString(), change.Revision);
        }

        if (Judgement.IsOvertaken(change.Revision, after)) return RoundOutcome.Overtaken;
        return judged == 0 ? RoundOutcome.Unjudged : judged < answers.Count ? RoundOutcome.Partial : change.Complete ? RoundOutcome.Complete : RoundOutcome.Pending;
    }

    /// <summary>A change that was PENDING is in effect everywhere from then on, by the database's clock.</summary>
    private async Task UntilAsync(DateTimeOffset effective, CancellationToken cancellation)
    {
        while (effective + Ahead - clock.Now() is var left && left > TimeSpan.Zero)
            await Task.Delay(left < LongestDelay ? left : LongestDelay, time, cancellation);
    }
}
