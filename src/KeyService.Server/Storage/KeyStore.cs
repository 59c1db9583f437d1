using KeyService.Server.Keys;
using KeyService.Server.Observability;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Storage;

/// <summary>The way to the database for everything but the look-up: bounded, and with one kind of failure.</summary>
internal sealed class KeyStore(IStorageEngine engine, Metrics metrics, WriteHealth writes)
{
    /// <summary>A transaction is never left open: it ends with its change, or after this.</summary>
    private static readonly TimeSpan WriteBound = TimeSpan.FromSeconds(10);

    /// <summary>Reads a few rows by an index, in a context of its own.</summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public Task<T> ReadAsync<T>(Func<KeyDbContext, CancellationToken, Task<T>> read, CancellationToken cancellation) =>
        ReadAsync(engine.RunReadAsync, read, cancellation);

    /// <summary>The same for what costs more the more rows there are.</summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    /// <exception cref="OverloadedException">The caller, or all callers together, have too many scans under way.</exception>
    public Task<T> ScanAsync<T>(Func<KeyDbContext, CancellationToken, Task<T>> scan, CancellationToken cancellation) =>
        ReadAsync(engine.RunScanAsync, scan, cancellation);

    /// <summary>
    /// Changes in one transaction. A transient failure repeats the whole change, so it must read what it decides on itself.
    /// When the acknowledgement of the commit is lost, the audit event's id tells whether it happened.
    /// </summary>
    /// <param name="eventId">The id of the audit event that the change writes.</param>
    /// <param name="change">The change; the caller's key row last.</param>
    /// <param name="cancellation">Ends the wait for the turn to write, not the change: who goes away learns nothing by it.</param>
    /// <exception cref="StoreUnavailableException">The database does not answer; the change may or may not have happened.</exception>
    public async Task<T> WriteAsync<T>(Guid eventId, Func<KeyDbContext, CancellationToken, Task<T>> change, CancellationToken cancellation)
    {
        using var turn = await engine.EnterWriteAsync(cancellation);
        using var bound = new CancellationTokenSource(WriteBound);
        try
        {
            return await writes.WatchAsync(engine.RunWriteAsync(() => ChangeAsync(eventId, change, bound.Token), bound.Token));
        }
        catch (Exception e) when (StoreErrors.IsUnavailable(e, CancellationToken.None)
            || (GivenUp.Is(e, bound.Token) && e is not (RefusedException or StoreUnavailableException)))
        {
            // The caller's cancellation has no say here: what was cancelled is the change, by its bound, and it may have happened.
            throw StoreErrors.Unavailable(e);
        }
    }

    private async Task<T> ReadAsync<T>(
        Func<Func<Task<T>>, CancellationToken, Task<T>> run, Func<KeyDbContext, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            return await run(
                async () =>
                {
                    await using var context = engine.CreateContext();
                    context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
                    return await context.Database.CreateExecutionStrategy().ExecuteAsync(token => read(context, token), cancellation);
                },
                cancellation);
        }
        catch (Exception e) when (GivenUp.Is(e, cancellation))
        {
            throw GivenUp.Of(e, cancellation);
        }
        catch (Exception e) when (StoreErrors.IsUnavailable(e, cancellation))
        {
            throw StoreErrors.Unavailable(e);
        }
    }

    private async Task<T> ChangeAsync<T>(Guid eventId, Func<KeyDbContext, CancellationToken, Task<T>> change, CancellationToken bound)
    {
        await using var context = engine.CreateContext();
        // A change happens whole or not at all: savepoints would be round trips while the workspace's chain is held.
        context.Database.AutoSavepointsEnabled = false;
        var result = await context.Database.CreateExecutionStrategy().ExecuteInTransactionAsync(
            async token =>
            {
                context.ChangeTracker.Clear();
                return await change(context, token);
            },
            token => context.AuditEvents.AnyAsync(e => e.EventId == eventId, token),
            bound);
        foreach (var head in context.ChangeTracker.Entries<AuditHeadRow>())
            metrics.AuditHeadMoved(head.Entity.Sequence - head.Entity.SequenceBefore, head.Entity.MacBefore, head.Entity.Mac);
        return result;
    }
}
