using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using KeyService.Server.Storage.SqlServer;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace KeyService.Server.TestHooks;

/// <summary>An engine over a way to the database that fails as <see cref="DatabaseFaults"/> says. Only in a build with <c>-p:TestHooks=true</c>.</summary>
internal sealed class FaultyEngine : IStorageEngine, IDisposable
{
    private readonly IStorageEngine _inner;
    private readonly DatabaseFaults _faults;
    private readonly DbContextOptions _management;
    private readonly DbContextOptions _lookup;

    private FaultyEngine(IStorageEngine inner, DatabaseFaults faults)
    {
        (_inner, _faults) = (inner, faults);
        Replication = new FaultyReplicationStore(inner.Replication, faults);
        var interceptor = new FaultyTransactions(faults);
        using (var context = inner.CreateContext()) _management = OptionsOf(context, interceptor);
        using (var context = inner.CreateLookupContext()) _lookup = OptionsOf(context, interceptor);
    }

    public string Name => _inner.Name;

    public IReplicationStore Replication { get; }

    /// <summary>The engine itself, unless a file is named that says what is wrong with it.</summary>
    public static IStorageEngine Around(IStorageEngine engine) =>
        Environment.GetEnvironmentVariable(DatabaseFault.SettingName) is { Length: > 0 } file ? new FaultyEngine(engine, new(file)) : engine;

    public KeyDbContext CreateContext() => NewContext(_management);

    public KeyDbContext CreateLookupContext() => NewContext(_lookup);

    public async Task<ApiKeyRow?> FindKeyAsync(byte[] digest, CancellationToken cancellation)
    {
        await _faults.SendAsync(cancellation);
        var row = await _inner.FindKeyAsync(digest, cancellation);
        await _faults.AnswerAsync(isCommit: false, cancellation);
        return row;
    }

    public Task<T> RunReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation) => _inner.RunReadAsync(read, cancellation);

    public Task<T> RunScanAsync<T>(Func<Task<T>> scan, CancellationToken cancellation) => _inner.RunScanAsync(scan, cancellation);

    public Task<T> RunWriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation) => _inner.RunWriteAsync(write, cancellation);

    public ValueTask<IDisposable> EnterWriteAsync(CancellationToken cancellation) => _inner.EnterWriteAsync(cancellation);

    public Guid NewEventId(DateTimeOffset now) => _inner.NewEventId(now);

    public Task<AuditHeadRow?> LockAuditHeadAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation) =>
        _inner.LockAuditHeadAsync(context, workspaceId, cancellation);

    public Task StampRevisionAsync(KeyDbContext context, ApiKeyRow key, CancellationToken cancellation) =>
        _inner.StampRevisionAsync(context, key, cancellation);

    public Task<int> DeleteRequestRecordsAsync(KeyDbContext context, DateTimeOffset cutoff, int count, CancellationToken cancellation) =>
        _inner.DeleteRequestRecordsAsync(context, cutoff, count, cancellation);

    public Task<int> DeleteAuditEventsAsync(KeyDbContext context, string workspaceId, long lastSequence, CancellationToken cancellation) =>
        _inner.DeleteAuditEventsAsync(context, workspaceId, lastSequence, cancellation);

    public async Task FlushUsageAsync(string usesJson, CancellationToken cancellation)
    {
        await _faults.SendAsync(cancellation);
        await _inner.FlushUsageAsync(usesJson, cancellation);
        await _faults.AnswerAsync(isCommit: true, cancellation);
    }

    public async Task PingAsync(CancellationToken cancellation)
    {
        await _faults.SendAsync(cancellation);
        await _inner.PingAsync(cancellation);
        await _faults.AnswerAsync(isCommit: false, cancellation);
    }

    public Task CheckSettingsAsync(CancellationToken cancellation) => _inner.CheckSettingsAsync(cancellation);

    public Task<IReadOnlyList<string>> CheckPermissionsAsync(CancellationToken cancellation) => _inner.CheckPermissionsAsync(cancellation);

    public Task MigrateAsync(CancellationToken cancellation) => _inner.MigrateAsync(cancellation);

    public Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellation) => _inner.EnterStartAsync(cancellation);

    public void Dispose()
    {
        _faults.Dispose();
        (_inner as IDisposable)?.Dispose();
    }

    private static DbContextOptions OptionsOf(KeyDbContext context, FaultyTransactions interceptor) =>
        new DbContextOptionsBuilder((DbContextOptions)context.GetService<IDbContextOptions>()).AddInterceptors(interceptor).Options;

    private static KeyDbContext NewContext(DbContextOptions options) => options is DbContextOptions<SqliteKeyDbContext> sqlite
        ? new SqliteKeyDbContext(sqlite)
        : new SqlServerKeyDbContext((DbContextOptions<SqlServerKeyDbContext>)options);
}
