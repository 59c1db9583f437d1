using System.Data.Common;
using KeyService.Server.Keys;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>The production engine, by connection string.</summary>
internal sealed class SqlServerEngine : IStorageEngine
{
    /// <summary>SQL Server 2019: what EF Core writes its SQL for, OPENJSON, and row counts of table variables that are not a guess.</summary>
    private const int LeastCompatibilityLevel = 150;
    private const int ForcedDelayedDurability = 2;

    /// <summary>For lists: two callers at least, whatever each asks for.</summary>
    private const int ScanConnections = 16;

    /// <summary>For all else of management. With the scans below the 100 connections of SqlClient's pool, whose own queue opens them one after the other.</summary>
    private const int ManagementConnections = 48;

    private static readonly TimeSpan LongestQueue = TimeSpan.FromSeconds(5);

    /// <summary>Of a flush of last-used times: longer than a look-up's, since nobody waits for it, and no longer than the pause between two.</summary>
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(5);

    private readonly string _connectionString;
    private readonly TimeProvider _time;
    private readonly FairTurns _scans = new(ScanConnections, perCaller: ScanConnections / 2);
    private readonly FairTurns _management = new(ManagementConnections, perCaller: ManagementConnections / 2);
    private readonly PooledDbContextFactory<SqlServerKeyDbContext> _contexts;
    private readonly PooledDbContextFactory<SqlServerKeyDbContext> _lookupContexts;
    private readonly Func<KeyDbContext, byte[], CancellationToken, Task<ApiKeyRow?>> _findKey = StoreQueries.CompileFindKey();

    private readonly SqlServerSettings _settings;

    /// <param name="connectionString">Of the operator.</param>
    /// <param name="time">The clock.</param>
    /// <param name="allowsCopy">See <see cref="SqlServerPrimary"/>.</param>
    /// <param name="connections">Null: those of SqlClient.</param>
    public SqlServerEngine(string connectionString, TimeProvider time, bool allowsCopy = false, SqlServerEngineConnections? connections = null)
    {
        var primary = new SqlServerPrimary(time, allowsCopy);
        _settings = new SqlServerSettings(time);
        _connectionString = connectionString;
        _time = time;
        _contexts = new(OptionsFor(SqlServerConnections.ForManagement(connectionString), retry: true, primary));
        _lookupContexts = new(OptionsFor(SqlServerConnections.ForValidation(connectionString), retry: false, primary, connections?.Lookups));
        Replication = new SqlServerReplicationStore(SqlServerConnections.ForFeed(connectionString), primary, _settings, connections is null ? null : connections.OpenFeedAsync);
    }

    public string Name => "SQL Server";

    public IReplicationStore Replication { get; }

    public static DbContextOptions<SqlServerKeyDbContext> OptionsFor(
        string connectionString, bool retry, SqlServerPrimary? primary = null, DbConnection? connection = null)
    {
        var options = new DbContextOptionsBuilder<SqlServerKeyDbContext>().AddInterceptors(new SqlServerPrimaryReads(primary ?? new(TimeProvider.System)));
        return (connection is null ? options.UseSqlServer(connectionString, Configure) : options.UseSqlServer(connection, Configure)).Options;

        void Configure(SqlServerDbContextOptionsBuilder server)
        {
            server.UseCompatibilityLevel(LeastCompatibilityLevel);
            server.CommandTimeout(retry ? 10 : 2);
            // The default, six tries over up to 30 s each, outlasts every caller.
            if (retry) server.EnableRetryOnFailure(maxRetryCount: 3, TimeSpan.FromSeconds(1), errorNumbersToAdd: null);
        }
    }

    public KeyDbContext CreateContext() => _contexts.CreateDbContext();

    public KeyDbContext CreateLookupContext() => _lookupContexts.CreateDbContext();

    public async Task<ApiKeyRow?> FindKeyAsync(byte[] digest, CancellationToken cancellation)
    {
        _settings.ThrowIfTorn();
        await using var context = CreateLookupContext();
        return await _findKey(context, digest, cancellation);
    }

    public Task<T> RunReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation) => RunAsync(_management, read, cancellation);

    public Task<T> RunScanAsync<T>(Func<Task<T>> scan, CancellationToken cancellation) => RunAsync(_scans, scan, cancellation);

    public Task<T> RunWriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation) => RunAsync(_management, write, cancellation);

    public ValueTask<IDisposable> EnterWriteAsync(CancellationToken cancellation) => new(NoTurn.Instance);

    public Guid NewEventId(DateTimeOffset now) => SqlServerGuids.New(now);

    public async Task<AuditHeadRow?> LockAuditHeadAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation) =>
        (await context.AuditHeads.FromSqlRaw(SqlServerStatements.LockAuditHead, workspaceId).ToListAsync(cancellation)).SingleOrDefault();

    public Task StampRevisionAsync(KeyDbContext context, ApiKeyRow key, CancellationToken cancellation) => Task.CompletedTask;

    public Task<int> DeleteAuditEventsAsync(KeyDbContext context, string workspaceId, long lastSequence, CancellationToken cancellation) =>
        context.Database.ExecuteSqlRawAsync(SqlServerStatements.DeleteAuditEvents, [workspaceId, lastSequence], cancellation);

    public async Task FlushUsageAsync(string usesJson, CancellationToken cancellation)
    {
        await using var context = CreateLookupContext();
        // The pool of contexts resets it.
        context.Database.SetCommandTimeout(FlushTimeout);
        await context.Database.ExecuteSqlRawAsync(SqlServerStatements.FlushUsage, [usesJson], cancellation);
    }

    public async Task PingAsync(CancellationToken cancellation)
    {
        await using var context = CreateLookupContext();
        _settings.ThrowIfTorn();
        // A query, so that it asks whether this is the primary.
        await context.Database.SqlQueryRaw<int>(SqlServerStatements.Ping).ToListAsync(cancellation);
    }

    public async Task CheckSettingsAsync(CancellationToken cancellation)
    {
        // A readable copy lags: what a replica read there would not be what a writer was promised.
        if (new SqlConnectionStringBuilder(_connectionString).ApplicationIntent == ApplicationIntent.ReadOnly)
            throw new StartException("ConnectionStrings:SqlServer: ApplicationIntent=ReadOnly may lead to a copy that lags; the service reads and writes at the primary, so leave it out.");
        await using var context = CreateLookupContext();
        var level = (await context.Database.SqlQueryRaw<int>(SqlServerStatements.CompatibilityLevel).ToListAsync(cancellation)).SingleOrDefault();
        if (level < LeastCompatibilityLevel)
            throw new StartException($"ConnectionStrings:SqlServer: this database has compatibility level {level}; {LeastCompatibilityLevel} (SQL Server 2019) or higher is needed.");
        if (!await IsSnapshotOnAsync(context, cancellation))
            throw new StartException("ConnectionStrings:SqlServer: READ_COMMITTED_SNAPSHOT is off in this database; run `keyservice migrate`, which switches it on.");
        // What was acknowledged must be kept: a change that is COMPLETE must not be undone by a crash of the server.
        var durability = (await context.Database.SqlQueryRaw<int>(SqlServerStatements.DelayedDurability).ToListAsync(cancellation)).SingleOrDefault();
        if (durability == ForcedDelayedDurability)
            throw new StartException("ConnectionStrings:SqlServer: this database has DELAYED_DURABILITY = FORCED, so a crash may undo a revocation that was acknowledged; set it to ALLOWED or DISABLED.");
    }

    public async Task<IReadOnlyList<string>> CheckPermissionsAsync(CancellationToken cancellation)
    {
        await using var context = CreateLookupContext();
        return await SqlServerPermissions.CheckAsync(context, cancellation);
    }

    public async Task MigrateAsync(CancellationToken cancellation)
    {
        await using var context = CreateContext();
        // Ten minutes for a statement, or what the connection string asks for where that is more (0: no limit): an
        // index of a large table may take hours.
        var asked = new SqlConnectionStringBuilder(_connectionString).CommandTimeout;
        context.Database.SetCommandTimeout(asked == 0 ? 0 : Math.Max(10 * 60, asked));
        await context.Database.MigrateAsync(cancellation);
        if (await IsSnapshotOnAsync(context, cancellation)) return;
        await context.Database.ExecuteSqlRawAsync(SqlServerStatements.SwitchReadCommittedSnapshotOn, cancellation);
        // It has ended every other connection to the database, those of our own pools too.
        SqlConnection.ClearAllPools();
    }

    public Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellation) => SqlServerStartLock.EnterAsync(_connectionString, cancellation);

    private static async Task<T> RunAsync<T>(FairTurns turns, Func<Task<T>> work, CancellationToken cancellation)
    {
        IDisposable turn;
        try
        {
            turn = await turns.EnterAsync(CurrentCaller.Id, LongestQueue, cancellation);
        }
        catch (TimeoutException)
        {
            throw new OverloadedException();
        }

        using var _ = turn;
        return await work();
    }

    private static async Task<bool> IsSnapshotOnAsync(KeyDbContext context, CancellationToken cancellation) =>
        (await context.Database.SqlQueryRaw<int>(SqlServerStatements.ReadCommittedSnapshot).ToListAsync(cancellation)) is [1];

    private sealed class NoTurn : IDisposable
    {
        public static readonly NoTurn Instance = new();

        public void Dispose()
        {
        }
    }
}
