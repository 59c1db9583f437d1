using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// What the login of a serving process must be allowed. <c>deploy/README.md</c> has the same list as grants; a test compares this table with every statement that
/// the service sends. <c>migrate</c> and <c>recover</c> need more.
/// </summary>
internal static class SqlServerPermissions
{
    public const string Sequence = "ReplicaTickets";

    private const int CommandSeconds = 5;

    private const string Select = "SELECT";
    private const string Insert = "INSERT";
    private const string Update = "UPDATE";
    private const string Delete = "DELETE";

    /// <summary>Of tables: within what db_datareader and db_datawriter grant. NEXT VALUE FOR takes UPDATE on the sequence.</summary>
    public static IReadOnlyList<(string Object, IReadOnlyList<string> Permissions)> Needed { get; } =
    [
        ("ApiKeys", [Select, Insert, Update]),
        ("KeySecrets", [Select, Insert]),
        ("KeyUsage", [Select, Insert, Update]),
        ("RequestRecords", [Select, Insert, Delete]),
        ("AuditEvents", [Select, Insert, Delete]),
        ("AuditHeads", [Select, Insert, Update]),
        ("MasterKeyFingerprints", [Select, Insert]),
        ("SessionKeys", [Select, Insert, Delete]),
        ("EndedSessions", [Select, Insert, Delete]),
        ("Replicas", [Select, Insert, Update, Delete]),
        ("StoreEpochs", [Select]),
        ("__EFMigrationsHistory", [Select]),
        (Sequence, [Update]),
    ];

    /// <summary>
    /// Reads permissions of the session, no rows, so it relies on no isolation. 1 is "granted" and 0 "not granted"; NULL is an object that this login cannot see, because it has
    /// no permission on it at all: the schema was checked before, so it is there.
    /// </summary>
    public static string Granted { get; } =
        "SELECT [needed].[Permission] + ' on ' + [needed].[Object] AS [Value], HAS_PERMS_BY_NAME(QUOTENAME([needed].[Object]), 'OBJECT', [needed].[Permission]) AS [Granted] FROM (VALUES "
        + string.Join(", ", Needed.SelectMany(row => row.Permissions.Select(permission => $"('{row.Object}', '{permission}')")))
        + ") AS [needed] ([Object], [Permission])";

    /// <summary>A catalog view; no lock of ours. The editions that have it are those of <see cref="SqlServerFeedStatements.ReadWatermark"/>.</summary>
    public const string SeesFork = """
        IF CAST(SERVERPROPERTY('EngineEdition') AS int) IN (2, 3, 4, 8)
            SELECT COUNT([recovery_fork_guid]) AS [Value] FROM [sys].[database_recovery_status] WHERE [database_id] = DB_ID();
        ELSE
            SELECT 1 AS [Value];
        """;

    /// <returns>Notices for the log.</returns>
    /// <exception cref="StartException">Names each permission that is missing, in one line.</exception>
    public static async Task<IReadOnlyList<string>> CheckAsync(KeyDbContext context, CancellationToken cancellation)
    {
        var notices = new List<string>();
        var granted = await TryAsync(
            context, Granted, reader => (Name: reader.GetString(0), Is: reader.GetValue(1) is 1), "The permissions of this login could not be checked", notices, cancellation);
        if (granted?.Where(permission => !permission.Is).Select(permission => permission.Name).ToList() is { Count: > 0 } missing)
        {
            throw new StartException(
                $"ConnectionStrings:SqlServer: this login lacks {string.Join(", ", missing)}; grant what deploy/README.md lists under \"Two database logins\".");
        }

        if (await TryAsync(context, SeesFork, reader => reader.GetInt32(0), "The recovery fork of the database could not be read", notices, cancellation) is [0])
            notices.Add("This login does not see the recovery fork of the database (VIEW ANY DATABASE is denied): after a restore or a forced failover nothing but `keyservice recover` renews the epoch.");
        return notices;
    }

    /// <summary>Null, and a notice, when the server does not take the statement: servers that speak the protocol may lack a view or a function.</summary>
    private static async Task<List<T>?> TryAsync<T>(
        KeyDbContext context, string sql, Func<DbDataReader, T> read, string notice, List<string> notices, CancellationToken cancellation)
    {
        await context.Database.OpenConnectionAsync(cancellation);
        try
        {
            // As it is written: EF Core may put a query of its own around one that it is given.
            await using var command = context.Database.GetDbConnection().CreateCommand();
            (command.CommandText, command.CommandTimeout) = (sql, CommandSeconds);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var values = new List<T>();
            while (await reader.ReadAsync(cancellation)) values.Add(read(reader));
            return values;
        }
        catch (SqlException e) when (!cancellation.IsCancellationRequested)
        {
            notices.Add($"{notice} ({SqlServerErrors.Describe(e)}).");
            return null;
        }
        finally
        {
            await context.Database.CloseConnectionAsync();
        }
    }
}
