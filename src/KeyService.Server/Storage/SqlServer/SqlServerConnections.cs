using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// The connection string of each kind of work. A different string is a different pool, so no kind takes another's connections.
/// <para>
/// <c>PoolBlockingPeriod=NeverBlock</c> everywhere: by default a pool refuses every open for 5 s after a failed login, doubling to 60 s, so leases and COMPLETE
/// came back up to a minute after the database. The bounds on concurrent reads and management calls keep the attempts few.
/// </para>
/// <para>
/// Connect timeouts, unless the operator's string sets one: a pool opens one connection after the other, so an attempt that hangs for the default 15 s delays all
/// that wait. 3 s is one cycle of the feed; a look-up's caller waits a second at most, so its attempt ends with the command timeout of look-ups.
/// </para>
/// </summary>
internal static class SqlServerConnections
{
    private const string ConnectTimeout = "Connect Timeout";
    private const string ConnectRetryCount = "Connect Retry Count";

    /// <summary>For changes, lists and look-ups of management: below the bound of a change (10 s).</summary>
    public static string ForManagement(string connectionString) => With(connectionString, " management", connectSeconds: 5, reconnects: true);

    /// <summary>For the look-up of ValidateKey, readiness and last-used times.</summary>
    public static string ForValidation(string connectionString) => With(connectionString, " validation", connectSeconds: 2, reconnects: false);

    /// <summary>For the feed and the table of replicas.</summary>
    public static string ForFeed(string connectionString) => With(connectionString, " feed", connectSeconds: 3, reconnects: false);

    /// <summary>Not pooled: closing such a connection ends its session, and its lock.</summary>
    public static SqlConnectionStringBuilder ForStartLock(string connectionString) => new(connectionString) { Pooling = false };

    /// <param name="connectionString">The operator's.</param>
    /// <param name="work">Appended to the application name, which the server shows for each session.</param>
    /// <param name="connectSeconds">Where the operator sets none.</param>
    /// <param name="reconnects">Whether the client library may reconnect on its own: a retry that its caller does not know of.</param>
    private static string With(string connectionString, string work, int connectSeconds, bool reconnects)
    {
        var builder = new SqlConnectionStringBuilder(connectionString) { PoolBlockingPeriod = PoolBlockingPeriod.NeverBlock };
        if (!builder.ShouldSerialize(ConnectTimeout)) builder.ConnectTimeout = connectSeconds;
        if (!reconnects) builder.ConnectRetryCount = 0;
        else if (!builder.ShouldSerialize(ConnectRetryCount)) builder.ConnectRetryCount = 1;
        builder.ApplicationName += work;
        return builder.ConnectionString;
    }
}
