using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// One cycle of the feed: register, draw a ticket, read watermark and changes, apply, report. The order of the statements is the protocol's
/// (<c>README.md</c> has the argument); they go to the database in one batch. One cycle at a time.
/// </summary>
internal sealed class FeedCycle(
    IReplicationStore store, Belief belief, Incarnations incarnations, Generations generations, DatabaseClock clock, ReplicaOptions options, TimeProvider time, Metrics metrics,
    ILogger<FeedCycle> log)
{
    /// <summary>Between two registrations. A cycle without one grants no lease.</summary>
    public static readonly TimeSpan RegisterInterval = TimeSpan.FromSeconds(1);

    /// <summary>A database that does not answer in time has not answered: the statements are abandoned.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan OldWatermark = TimeSpan.FromSeconds(10);

    // What was seen last of the database, whatever this replica's name was: a new name must not make a new history look like the first.
    private readonly History _history = new();
    private FeedState? _state;
    private readonly LastingFailure _old = new(new("watermark", static (log, _) => Log.WatermarkOld(log, OldWatermark)), metrics, time, log, quiet: TimeSpan.Zero);
    private bool _renewalDue;

    /// <summary>Runs one cycle; when it returns, all that was committed before it was called has been applied.</summary>
    /// <param name="asked">Somebody waits for it: report the ticket though nothing was read.</param>
    /// <param name="cancellation">Ends the wait, not the statements.</param>
    /// <exception cref="TimeoutException">The database did not answer; or the store threw something of its own.</exception>
    public async Task RunAsync(bool asked, CancellationToken cancellation)
    {
        // Until then a lease would have this replica believe what Redis kept of the lost history.
        if (_renewalDue) await RenewEpochAsync();
        if (_state is { IsFirstRegistrationLost: true }) StartAsNew(NewStart.RegistrationLost);
        var current = belief.Current;
        var state = _state?.Incarnation == current ? _state : _state = new(current, store.SettleTime, time);
        var sent = Moment.Now(time);
        var registers = state.IsRegistrationDue(sent, RegisterInterval);
        var settled = state.Watermarks.Settled(sent);
        var horizon = current.Horizon == Incarnation.NoHorizon ? settled : current.Horizon;
        var registration = state.Registration(options);
        if (registers) state.Sent(sent);

        var request = new FeedRequest(registration, horizon == Incarnation.NoHorizon ? long.MaxValue : horizon, options.MaxChanges);
        var answer = await store
            .RunCycleAsync(StepsOf(registers), request, cancellation)
            .WaitAsync(Bound, time, cancellation);

        var received = Moment.Now(time);
        if (answer.Epoch is not null) clock.Told(answer.DatabaseTime, sent);
        var reason = NewStartFor(answer, request, registers);
        _history.Saw(answer, isNew: reason is NewStart.Epoch or NewStart.WentBack);
        if (reason is { } known)
        {
            await StartAsNewAsync(current, known);
            return;
        }

        if (registers)
        {
            state.Registered();
            current.IsRegistered = true;
        }

        if (!state.IsChecked)
        {
            // Behind the registration and ahead of the lease: until then "no such generation" is nothing that this replica may say.
            await generations.CheckAsync(cancellation).WaitAsync(Bound, time, cancellation);
            state.IsChecked = true;
        }

        var news = Apply(state, answer, settled, received);
        if (registers) current.Lease.Grant(sent);
        var age = state.Watermarks.Age(HasChangesAbove(answer), received);
        metrics.FeedCycled(received.Timestamp, current.Lease.Left(received), age, current.Floors.Count);
        TellOld(age);
        if (news || asked) await store.ReportAsync(current.ReplicaId, current.Ticket, current.Horizon, cancellation).WaitAsync(Bound, time, cancellation);
    }

    private static IReadOnlyList<FeedStep> StepsOf(bool registers)
    {
        List<FeedStep> steps = Rules.TicketFirst
            ? [FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges]
            : [FeedStep.ReadWatermark, FeedStep.ReadChanges, FeedStep.DrawTicket];
        if (registers) steps.Insert(Rules.RegisterFirst ? 0 : steps.Count, FeedStep.Register);
        return steps;
    }

    /// <summary>Why nothing that was known before may be believed any more; null when all is as it should be.</summary>
    private NewStart? NewStartFor(FeedAnswer answer, FeedRequest request, bool registers)
    {
        if (Rules.Epoch && _history.IsAnother(answer)) return NewStart.Epoch;
        if (Rules.Epoch && _history.WentBack(answer, request)) return NewStart.WentBack;
        if (registers && !answer.Registered) return NewStart.RowMissing;
        return answer.Changes.Count > options.MaxChanges ? NewStart.TooManyChanges : null;
    }

    /// <returns>Whether a change was news.</returns>
    private bool Apply(FeedState state, FeedAnswer answer, long settled, in Moment received)
    {
        var current = state.Incarnation;
        current.Epoch ??= answer.Epoch;
        var goesOn = state.Watermarks.Add(answer.Watermark, received);
        // A look-up may have raised the floor before: news is also what no cycle has read yet.
        var news = state.IsHighest(answer.Changes);
        foreach (var change in answer.Changes) news |= current.Floors.Raise(change.KeyId, change.Revision);

        // Where nothing has to settle, this cycle's own watermark counts: it was read before the changes.
        var horizon = store.SettleTime == TimeSpan.Zero || !Rules.Settled ? answer.Watermark - 1 : goesOn ? settled : Incarnation.NoHorizon;
        if (!Rules.Watermark && answer.Changes.Count > 0) horizon = answer.Changes[^1].Revision;
        if (horizon > current.Horizon) current.Horizon = horizon;
        _history.Settled(current.Horizon);
        if (current.Horizon != Incarnation.NoHorizon && (!current.Floors.HasBase || current.Floors.IsFull))
            current.Floors.RaiseBase(current.Horizon);
        current.Ticket = answer.Ticket;
        return news;
    }

    /// <summary>A transaction is left open: the horizon stands still behind it, and the same changes are read again and again.</summary>
    private void TellOld(TimeSpan age)
    {
        if (age <= OldWatermark) _old.Succeeded();
        else _old.Failed("an open transaction");
    }

    private static bool HasChangesAbove(FeedAnswer answer) => answer.Changes.Count > 0 && answer.Changes[^1].Revision >= answer.Watermark;

    /// <summary>A failure ends the cycle; the next one tries again before anything else.</summary>
    private async Task RenewEpochAsync()
    {
        await store.RenewEpochAsync(CancellationToken.None).WaitAsync(Bound, time);
        _renewalDue = false;
    }

    private void StartAsNew(NewStart reason)
    {
        incarnations.StartAsNew(reason);
        metrics.StartedAsNew(reason.ToString());
        Log.StartedAsNew(log, reason.ToString());
    }

    private async Task StartAsNewAsync(Incarnation old, NewStart reason)
    {
        StartAsNew(reason);
        // Nobody told of it with `recover`: revisions repeat, and what is in Redis must not pass for them.
        if (reason == NewStart.WentBack)
        {
            _renewalDue = true;
            await RenewEpochAsync();
        }

        try
        {
            // Its row would only delay others until it is reaped.
            await store.RemoveReplicaAsync(old.ReplicaId, beat: null, CancellationToken.None).WaitAsync(Bound, time);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.RowNotRemoved(log, StoreErrors.CauseOf(e));
        }
    }
}
