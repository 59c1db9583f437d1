using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Storage.Tests.Stores;

/// <summary>The real engine, with places to wait and to fail at.</summary>
internal sealed class InterceptedEngine(IStorageEngine inner, Func<IInterceptor[], KeyDbContext> contextWith) : IStorageEngine
{
    public IStorageEngine Inner { get; } = inner;

    /// <summary>For every context of management from now on.</summary>
    public IInterceptor[] Interceptors { get; set; } = [];

    /// <summary>In place of the context that <see cref="Interceptors"/> would be added to.</summary>
    public Func<KeyDbContext>? Contexts { get; set; }

    /// <summary>Before the turn to write is taken.</summary>
    public Func<Task> BeforeWrite { get; set; } = () => Task.CompletedTask;

    /// <summary>The last step before the key row is written.</summary>
    public Func<Task> BeforeStamp { get; set; } = () => Task.CompletedTask;

    public string Name => Inner.Name;

    public IReplicationStore Replication => Inner.Replication;

    public KeyDbContext CreateContext() =>
        Contexts is { } contexts ? contexts() : Interceptors.Length == 0 ? Inner.CreateContext() : contextWith(Interceptors);

    public KeyDbContext CreateLookupContext() => Inner.CreateLookupContext();

    public Task<ApiKeyRow?> FindKeyAsync(byte[] digest, CancellationToken cancellation) => Inner.FindKeyAsync(digest, cancellation);

    public Task<T> RunReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation) => Inner.RunReadAsync(read, cancellation);

    public Task<T> RunScanAsync<T>(Func<Task<T>> scan, CancellationToken cancellation) => Inner.RunScanAsync(scan, cancellation);

    public Task<T> RunWriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation) => Inner.RunWriteAsync(write, cancellation);

    public async ValueTask<IDisposable> EnterWriteAsync(CancellationToken cancellation)
    {
        await BeforeWrite();
        return await Inner.EnterWriteAsync(cancellation);
    }

    public Guid NewEventId(DateTimeOffset now) => Inner.NewEventId(now);

    public Task<AuditHeadRow?> LockAuditHeadAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation) =>
        Inner.LockAuditHeadAsync(context, workspaceId, cancellation);

    public async Task StampRevisionAsync(KeyDbContext context, ApiKeyRow key, CancellationToken cancellation)
    {
        await BeforeStamp();
        await Inner.StampRevisionAsync(context, key, cancellation);
    }

    public Task<int> DeleteRequestRecordsAsync(KeyDbContext context, DateTimeOffset cutoff, int count, CancellationToken cancellation) =>
        Inner.DeleteRequestRecordsAsync(context, cutoff, count, cancellation);

    public Task<int> DeleteAuditEventsAsync(KeyDbContext context, string workspaceId, long lastSequence, CancellationToken cancellation) =>
        Inner.DeleteAuditEventsAsync(context, workspaceId, lastSequence, cancellation);

    public Task FlushUsageAsync(string usesJson, CancellationToken cancellation) => Inner.FlushUsageAsync(usesJson, cancellation);

    public Task PingAsync(CancellationToken cancellation) => Inner.PingAsync(cancellation);

    public Task CheckSettingsAsync(CancellationToken cancellation) => Inner.CheckSettingsAsync(cancellation);

    public Task<IReadOnlyList<string>> CheckPermissionsAsync(CancellationToken cancellation) => Inner.CheckPermissionsAsync(cancellation);

    public Task MigrateAsync(CancellationToken cancellation) => Inner.MigrateAsync(cancellation);

    public Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellation) => Inner.EnterStartAsync(cancellation);
}
