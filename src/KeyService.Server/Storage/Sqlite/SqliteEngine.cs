using KeyService.Server.Keys;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>The embedded default: one file in the data directory, in WAL mode.</summary>
internal sealed class SqliteEngine : IStorageEngine, IDisposable
{
    private readonly string _dataDirectory;
    private readonly PooledDbContextFactory<SqliteKeyDbContext> _contexts;
    private readonly Func<KeyDbContext, byte[], CancellationToken, Task<ApiKeyRow?>> _findKey = StoreQueries.CompileFindKey();

    private readonly TimeProvider _time;
    private readonly WriterQueue _writers = new();
    private readonly WorkThreads _lookups = new("SQLite look-ups", Environment.ProcessorCount);

    private readonly FairThreads _reads = new("SQLite reads", ReadThreads, perCaller: ReadThreads);

    /// <summary>Threads apart from the look-ups: a scan of 100,000 keys needs a processor for 50 ms and more.</summary>
    private readonly FairThreads _scans = new("SQLite scans", ScanThreads, perCaller: ScanThreads / 2);

    /// <summary>One, as there is one turn. A scan must not hold who has it.</summary>
    private readonly WorkThreads _managementWrites = new("SQLite writes", 1);

    private readonly SqliteReplicationStore _replication;
    private readonly SqliteDigests _digests;

    public SqliteEngine(string dataDirectory, TimeProvider time, bool allowsCopy = false)
    {
        _dataDirectory = dataDirectory;
        _time = time;
        var file = Path.Combine(dataDirectory, FileName);
        _contexts = new(OptionsFor(file, allowsCopy));
        _replication = new(file, _writers, time);
        _digests = new(ConnectionString(file));
    }

    private static int ReadThreads => Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>At least two, so that one caller's scan leaves one.</summary>
    private static int ScanThreads => Math.Max(2, Environment.ProcessorCount / 2);

    public const string FileName = "keyservice.db";

    public string Name => "SQLite";

    public IReplicationStore Replication => _replication;

    public static DbContextOptions<SqliteKeyDbContext> OptionsFor(string file, bool allowsCopy = false) =>
        new DbContextOptionsBuilder<SqliteKeyDbContext>()
            .UseSqlite(ConnectionString(file))
            .AddInterceptors(new SqliteConnectionSettings(allowsCopy))
            .Options;

    // Behind the busy time-out of SQLite itself the library tries again, for 30 s by default, and holds a thread meanwhile.
    private static string ConnectionString(string file) =>
        new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 2 }.ConnectionString;

    public KeyDbContext CreateContext() => _contexts.CreateDbContext();

    public KeyDbContext CreateLookupContext() => _contexts.CreateDbContext();

    // Microsoft.Data.Sqlite is synchronous inside: a thread apart reads, so that the caller's budget can end its wait.
    public Task<ApiKeyRow?> FindKeyAsync(byte[] digest, CancellationToken cancellation) => _lookups.RunAsync(
        async () =>
        {
            if (!_digests.Contains(digest)) return null;
            await using var context = CreateLookupContext();
            return await _findKey(context, digest, cancellation);
        },
        cancellation);

    public Task<T> RunReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation) => _reads.RunAsync(read, cancellation);

    public Task<T> RunScanAsync<T>(Func<Task<T>> scan, CancellationToken cancellation) => _scans.RunAsync(scan, cancellation);

    public Task<T> RunWriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation) => _managementWrites.RunAsync(write, cancellation);

    public ValueTask<IDisposable> EnterWriteAsync(CancellationToken cancellation) => _writers.EnterAsync(cancellation);

    public Task<AuditHeadRow?> LockAuditHeadAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation) =>
        // The transaction began immediate: it holds the whole file.
        context.AuditHeads.FirstOrDefaultAsync(head => head.WorkspaceId == workspaceId, cancellation);

    public async Task StampRevisionAsync(KeyDbContext context, ApiKeyRow key, CancellationToken cancellation) =>
        key.Revision = (await context.Database.SqlQueryRaw<long>(SqliteStatements.NextRevision).ToListAsync(cancellation))[0];

    public Task<int> DeleteRequestRecordsAsync(KeyDbContext context, DateTimeOffset cutoff, int count, CancellationToken cancellation) =>
        context.Database.ExecuteSqlRawAsync(SqliteStatements.DeleteRequestRecords, [UtcMicroseconds.ToMicroseconds(cutoff), count], cancellation);

    public async Task FlushUsageAsync(string usesJson, CancellationToken cancellation)
    {
        using var turn = await EnterWriteAsync(cancellation);
        await using var context = CreateContext();
        await context.Database.ExecuteSqlRawAsync(SqliteStatements.FlushUsage, [usesJson], cancellation);
    }

    public Task PingAsync(CancellationToken cancellation) => Task.Run(
        async () =>
        {
            await using var context = CreateLookupContext();
            await context.Database.ExecuteSqlRawAsync(SqliteStatements.Ping, cancellation);
        },
        cancellation);

    public Task CheckSettingsAsync(CancellationToken cancellation) => Task.CompletedTask;

    public async Task MigrateAsync(CancellationToken cancellation)
    {
        MakePrivateFile();
        await using var context = CreateContext();
        // Other processes may be writing: nothing is written that need not be.
        if (!(await context.Database.GetPendingMigrationsAsync(cancellation)).Any()) return;
        // A process killed while migrating leaves a row on which MigrateAsync waits for ever. The start lock is ours, so
        // nobody else is migrating.
        await context.Database.ExecuteSqlRawAsync(SqliteStatements.DropMigrationsLock, cancellation);
        await context.Database.MigrateAsync(cancellation);
    }

    /// <summary>Digests and sealed keys are for this user alone; the files beside it take over the mode.</summary>
    private void MakePrivateFile()
    {
        var path = Path.Combine(_dataDirectory, FileName);
        if (OperatingSystem.IsWindows() || File.Exists(path)) return;
        new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }).Dispose();
    }

    public Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellation) => SqliteStartLock.EnterAsync(_dataDirectory, _time, cancellation);

    public void Dispose()
    {
        _lookups.Dispose();
        _digests.Dispose();
        _reads.Dispose();
        _scans.Dispose();
        _managementWrites.Dispose();
        _replication.Dispose();
        _writers.Dispose();
    }
}
