using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// Tells every replica of a change, and waits until each has applied it or can no longer answer from before it (walk of CreateKey, step f).
/// The one method for all changes of a key.
/// </summary>
internal sealed class Propagation(
    ReplicaTable table, DatabaseClock clock, Belief belief, Incarnations incarnations, IChangedKeys changedKeys, Nudges nudges, ReplicaOptions options, MasterKeys masterKeys, TimeProvider time, Metrics metrics,
    ILogger<Propagation> log)
{
    /// <summary>A replica whose beat stood still for so long is not waited for: PENDING is told at once.</summary>
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(5);

    /// <summary>For a database that is slow to say who is there, though the call waits for nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Between the end of the longest lease and the effective time.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    /// <summary>SQLite's clock shows whole milliseconds.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly LastingFailure _unknown = new(new("replicas_unknown", Log.ReplicasUnknown), metrics, time, log);

    /// <summary>
    /// The commit was acknowledged, or nothing had to change: asking again is how a PENDING or a lost answer is followed up.
    /// </summary>
    /// <param name="changed">The key.</param>
    /// <param name="asked">How long to wait; null: as configured.</param>
    /// <param name="deadline">The caller's, UTC: the answer comes before it.</param>
    public async Task<PropagationReport> WaitAsync(ChangedKey changed, TimeSpan? asked, DateTime deadline)
    {
        var began = Moment.Now(time);
        var (keyId, revision) = (changed.Record.KeyId, changed.Record.Revision);
        var wait = Wait(asked, deadline, began);
        var before = belief.Current;
        // This process answers nothing older from here on, whatever else happens.
        before.Floors.Raise(keyId, revision);
        // Who started as new meanwhile reads what is committed by now.
        belief.Current.Floors.Raise(keyId, revision);
        // Before the nudge, which goes the same way: who hears it finds the new value and need not ask the database.
        changedKeys.Put(changed);
        nudges.Send(before.Epoch, keyId, revision);

        var report = await AskAsync(revision, began, wait, deadline == DateTime.MaxValue && wait < Patience ? Patience : wait, before);
        metrics.Propagated(time.GetElapsedTime(began.Timestamp), report.Complete, report.ReplicasPending);
        return report;
    }

    /// <param name="revision">The change.</param>
    /// <param name="began">When the wait began.</param>
    /// <param name="wait">How long it lasts.</param>
    /// <param name="lookWait">How long the first look may take: also a call that waits for nothing learns who is there.</param>
    /// <param name="before">What this replica was when the change was acknowledged.</param>
    private async Task<PropagationReport> AskAsync(long revision, Moment began, TimeSpan wait, TimeSpan lookWait, Incarnation before)
    {
        Look drawn;
        var known = KnownBefore.Of(before);
        try
        {
            drawn = await table.DrawAndLookAsync().WaitAsync(lookWait > TimeSpan.Zero ? lookWait : TimeSpan.Zero, time);
            _unknown.Succeeded();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The change is made. Who has it, nobody knows: no lease is longer than the longest that is allowed.
            _unknown.Failed(StoreErrors.CauseOf(e));
            return new(Complete: false, revision, UtcMicroseconds.Truncate(clock.Now() + ReplicaOptions.LongestLease + Margin), 0, ReplicasPending: 1, "");
        }

        var waiting = new Waiting(drawn, belief.Current.ReplicaId, time);
        var token = ConsistencyToken.Seal(drawn.Ticket, drawn.Epoch, masterKeys.Current);
        var effective = UtcMicroseconds.Truncate(drawn.DatabaseTime + waiting.LongestLease(options.Lease) + Margin);
        var look = drawn;
        while (true)
        {
            var found = waiting.LongestLease(options.Lease);
            var unsure = incarnations.UnsureFor(look, known, found > table.LongestLease ? found : table.LongestLease);
            var left = wait - time.GetElapsedTime(began.Timestamp);
            if (waiting.Update(look, Rules.WaitAll) && unsure == TimeSpan.Zero)
                return new(Complete: true, revision, UtcMicroseconds.Truncate(EffectiveSince(look)), waiting.Confirmed, ReplicasPending: 0, token);

            if (left <= TimeSpan.Zero || unsure > left || waiting.IsHopeless(look, GivenUp))
                return new(Complete: false, revision, effective + unsure, waiting.Confirmed, Math.Max(1, waiting.Pending), token);

            try
            {
                var next = KnownBefore.Of(before);
                look = await table.LookAsync().WaitAsync(left, time);
                // Of one history with the first look at least.
                known = next with { Epoch = next.Epoch ?? drawn.Epoch };
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Not answered: it is asked again while there is time.
                await Task.Delay(Pause(left), time);
            }
        }
    }

    /// <summary>
    /// A look reads the time before the rows, and a lease may pass after both: only when the last replica is found to have the change,
    /// or to have no lease, is it effective.
    /// </summary>
    private DateTimeOffset EffectiveSince(Look look) => Rules.EffectiveTime ? clock.Now() + Tick : look.DatabaseTime;

    private TimeSpan Wait(TimeSpan? asked, DateTime deadline, in Moment now)
    {
        var wait = asked ?? options.PropagationWait;
        if (deadline == DateTime.MaxValue) return wait;
        // Some of it is for the answer's way back.
        var left = (deadline - now.Utc.UtcDateTime) * 0.8;
        return left < wait ? left : wait;
    }

    private static TimeSpan Pause(TimeSpan left) => left < TimeSpan.FromMilliseconds(20) ? left : TimeSpan.FromMilliseconds(20);
}
