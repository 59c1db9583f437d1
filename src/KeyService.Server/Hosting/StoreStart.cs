using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using KeyService.Server.Validation;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace KeyService.Server.Hosting;

/// <summary>What must hold of the store before it is served, or is made to hold by <c>migrate</c> and by the embedded default.</summary>
internal sealed class StoreStart(
    IStorageEngine engine, Generations generations, MasterKeys masterKeys, RootCredential root, KeyFinder finder, ServerOptions options, AuditVerifier verifier,
    Metrics metrics, TimeProvider time, ILogger<StoreStart> log)
{
    private static readonly TimeSpan WarmUpBound = TimeSpan.FromSeconds(30);

    /// <summary>Schema, settings, master keys, root credential: brought up to date.</summary>
    /// <returns>Whether a root credential was installed.</returns>
    public async Task<bool> MigrateAsync(CancellationToken cancellation)
    {
        await engine.MigrateAsync(cancellation);
        await generations.BeginAsync(cancellation);
        return await root.InstallOnceAsync(cancellation);
    }

    /// <summary>Checks all that, and makes the first call as quick as the second.</summary>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        await StorageEngines.CheckMigratedAsync(engine, cancellation);
        await engine.CheckSettingsAsync(cancellation);
        foreach (var notice in await engine.CheckPermissionsAsync(cancellation)) Log.StoreNotice(log, notice);
        await generations.BeginAsync(cancellation);
        // What the feed draws and reads five times a second: a permanent failure of it ends the start, instead of a server that is never ready.
        await engine.Replication.LookAsync(drawTicket: true, cancellation);

        var (events, fingerprint) = await verifier.HeadsAsync(cancellation);
        metrics.AuditHeadsAre(events, fingerprint);

        // Look-up and query are compiled now: the first caller's budget is too short for it. Nobody has this key.
        var nobodys = ApiKeyText.Generate(options.Issuance.Brand, KeyEnvironment.Live, masterKeys.Current);
        var budget = new CallBudget(time.GetTimestamp(), time.GetUtcNow().UtcDateTime + WarmUpBound, time.GetUtcNow());
        _ = (await finder.FindAsync(System.Text.Encoding.ASCII.GetBytes(nobodys), budget, cancellation, out _)).Key;
    }

    /// <summary>In words for the operator; null for an exception that is a fault of the service.</summary>
    public static StartException? Explain(Exception exception) => exception switch
    {
        StartException known => known,
        SqlException { Number: 4060 } missing when SqlServerErrors.IsPermanent(missing) => new("ConnectionStrings:SqlServer: the database is not there, or this login may not open it; `keyservice migrate` makes it.", exception),
        SqlException sql when SqlServerErrors.IsPermanent(sql) => new($"ConnectionStrings:SqlServer: {SqlServerErrors.Describe(sql)}.", exception),
        SqlException sql => new($"ConnectionStrings:SqlServer: the server does not answer ({SqlServerErrors.Describe(sql)}).", exception),
        Microsoft.Data.Sqlite.SqliteException sqlite => new(
            $"{SettingNames.DataDirectory}: the database file cannot be used ({SqliteCause.Of(sqlite)}).", exception),
        // The wrappers of a database's error.
        StoreUnavailableException or DbUpdateException or RetryLimitExceededException or InvalidOperationException when exception.InnerException is { } inner => Explain(inner),
        _ => null,
    };
}
