using KeyService.Server.Keys;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Storage;

/// <summary>What the two engines do differently. Everything else is the one model of <see cref="KeyDbContext"/>.</summary>
internal interface IStorageEngine
{
    /// <summary>For messages: <c>SQLite</c> or <c>SQL Server</c>.</summary>
    string Name { get; }

    /// <summary>The feed, and the table of replicas.</summary>
    IReplicationStore Replication { get; }

    /// <summary>Contexts for management: on SQL Server they retry what is known to be transient.</summary>
    KeyDbContext CreateContext();

    /// <summary>Contexts for the look-up of ValidateKey: they never retry, the caller's budget is short.</summary>
    KeyDbContext CreateLookupContext();

    /// <summary>Finds a current secret and its key by digest: compiled once, untracked.</summary>
    Task<ApiKeyRow?> FindKeyAsync(byte[] digest, CancellationToken cancellation);

    /// <summary>
    /// Does what management reads where it cannot take threads or connections away from validation and the feed: look-ups of a few rows by an index.
    /// Callers (<see cref="CurrentCaller"/>) get their turns in equal parts.
    /// </summary>
    Task<T> RunReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation);

    /// <summary>The same for reads whose cost grows with the data, such as lists: apart from the look-ups, and never all of their share for one caller.</summary>
    /// <exception cref="OverloadedException">No turn within 5 s.</exception>
    Task<T> RunScanAsync<T>(Func<Task<T>> scan, CancellationToken cancellation);

    /// <summary>The same for what it writes, with the turn taken: nothing that is read is in its way.</summary>
    Task<T> RunWriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation);

    /// <summary>Waits for the turn to write where the engine has one writer at a time; dispose it after the transaction.</summary>
    ValueTask<IDisposable> EnterWriteAsync(CancellationToken cancellation);

    /// <summary>A new id for an audit event, in the order of the engine's index.</summary>
    Guid NewEventId(DateTimeOffset now) => Guid.CreateVersion7(now);

    /// <summary>Reads a workspace's chain head and holds it until the transaction ends; null for a new workspace, held too.</summary>
    Task<AuditHeadRow?> LockAuditHeadAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation);

    /// <summary>Gives a key row about to be written its next revision, where the database does not do so itself.</summary>
    Task StampRevisionAsync(KeyDbContext context, ApiKeyRow key, CancellationToken cancellation);

    /// <summary>Removes so many records of requests from before a time, at most, in one statement that seeks them by it; returns how many.</summary>
    Task<int> DeleteRequestRecordsAsync(KeyDbContext context, DateTimeOffset cutoff, int count, CancellationToken cancellation) =>
        context.RequestRecords.Where(record => record.CreateTime <= cutoff).Take(count).ExecuteDeleteAsync(cancellation);

    /// <summary>Removes the events at the front of a workspace's chain up to a sequence number; returns how many. The chain is held: see <see cref="LockAuditHeadAsync"/>.</summary>
    Task<int> DeleteAuditEventsAsync(KeyDbContext context, string workspaceId, long lastSequence, CancellationToken cancellation) =>
        context.AuditEvents.Where(e => e.WorkspaceId == workspaceId && e.Sequence <= lastSequence).ExecuteDeleteAsync(cancellation);

    /// <summary>Raises last-used times in one statement; a time goes back only from the future, and a key that is gone is passed over.</summary>
    /// <param name="usesJson">An array of <c>{"k": key id, "t": microseconds since 1970}</c>.</param>
    Task FlushUsageAsync(string usesJson, CancellationToken cancellation);

    /// <summary>Asks the database whether it answers; throws when not.</summary>
    Task PingAsync(CancellationToken cancellation);

    /// <summary>Checks, once at start, what the engine's settings must be. Throws <see cref="StartException"/>.</summary>
    Task CheckSettingsAsync(CancellationToken cancellation);

    /// <summary>Checks, once at start, whether this process may do with the database what the service does. Throws <see cref="StartException"/> when not.</summary>
    /// <returns>A line for the operator for each thing that could not be checked, or that is missing and not needed.</returns>
    Task<IReadOnlyList<string>> CheckPermissionsAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Brings the schema up to date and switches on what <see cref="CheckSettingsAsync"/> asks for.</summary>
    Task MigrateAsync(CancellationToken cancellation);

    /// <summary>
    /// Waits until no other process makes the store ready (master key, schema, root credential); dispose it when that is done. Throws
    /// <see cref="StartException"/> when the other does not end within a minute.
    /// </summary>
    Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellation);
}

/// <summary>A reason not to start, in one line for the operator.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);

internal static class StoreQueries
{
    /// <summary>
    /// The look-up by digest. A compiled query belongs to one model, so each engine has its own.
    /// </summary>
    public static Func<KeyDbContext, byte[], CancellationToken, Task<ApiKeyRow?>> CompileFindKey() =>
        EF.CompileAsyncQuery((KeyDbContext context, byte[] digest, CancellationToken _) =>
            context.KeySecrets
                .Where(secret => secret.Digest == digest && secret.RetireTime == null)
                .Join(context.ApiKeys.AsNoTracking(), secret => secret.KeyId, key => key.KeyId, (secret, key) => key)
                .AsNoTracking()
                .FirstOrDefault());
}
