using System.Collections.Frozen;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// What an error of SQL Server means: whether it ends by itself, and its cause for the operator. A transient one is UNAVAILABLE, and clients ask again; a
/// permanent one stays until somebody changes the database, the login or the service, so it is INTERNAL, and ends a start.
/// </summary>
internal static class SqlServerErrors
{
    // SQL Server's severities: from 11 on what is sent is wrong, from 17 on the server lacks something or ends the connection (also all of the network).
    private const byte LeastSeverityOfStatements = 11;
    private const byte MostSeverityOfStatements = 16;

    private const string Schema = "the schema is not the one that this version expects: run `keyservice migrate` of this version";
    private const string Conflict = "a row that is there already, or is missing, contradicts this one";
    private const string Value = "a value does not fit its column";
    private const string Permission = "this login lacks a permission (deploy/README.md, \"Two database logins\", has the list)";
    private const string Login = "the server refuses this login";
    private const string Database = "the database is not there, or this login may not open it";
    private const string Firewall = "the server's firewall refuses this address";
    private const string Certificate = "the server's certificate is not trusted, or is for another name: install its issuer, or see TrustServerCertificate and HostNameInCertificate";
    private const string Damage = "the database is damaged: run DBCC CHECKDB, and restore a backup";
    private const string Full = "no room is left for data or log";
    private const string Moving = "the database is being started, restored or moved";
    private const string Busy = "the server has too much to do";
    private const string Conflicting = "another transaction was in the way";
    private const string Network = "the connection broke, or was not made";

    /// <summary>Of the statement severities these end by themselves; the list of EF Core's retries is among them, but for 4060.</summary>
    private static readonly FrozenDictionary<int, string> Transient = TableOf(
        (Conflicting, [1204, 1205, 1222, 3935, 3960, 3961, 3966, 41301, 41302, 41305, 41325, 41839]),
        (Full, [1101, 1105, 9002, 40544]),
        ("the database is read-only", [3906, 3908]),
        (Moving, [596, 601, 615, 617, 669, 671, 904, 905, 921, 922, 923, 924, 926, 927, 928, 929, 941, 942, 945, 946, 951, 952, 954, 955, 958, 976, 978, 979, 981, 982, 983, 988, 40143, 40166, 40197, 40540, 40613, 42108, 42109, 14355]),
        ("the server is stopping, starting or paused", [6005, 17142, 17188, 18401, 18461]),
        (Busy, [701, 802, 1203, 1807, 3980, 4221, 8628, 8645, 8651, 9515, 10053, 10054, 10060, 10922, 10928, 10929, 10936, 17197, 17809, 18458, 18459, 18460, 40501, 40549, 40550, 40551, 40552, 40553, 49918, 49919, 49920]),
        (Network, [20, 64, 121, 233, 997, 3617, 11001, 35201, 35202, 35206, 35250, 40642, 40648, 40671, 40675]));

    /// <summary>Permanent, with a cause. What is in neither table goes by its severity.</summary>
    private static readonly FrozenDictionary<int, string> Permanent = TableOf(
        (Schema, [195, 201, 207, 208, 213, 2812, 4104, 4121, 8144, 8145, 1088, 4902]),
        (Conflict, [547, 2601, 2627]),
        (Value, [220, 241, 242, 245, 248, 515, 2628, 8114, 8115, 8152, 8169]),
        (Permission, [229, 230, 262, 297, 300, 6004, 15151, 15247]),
        (Login, [18450, 18451, 18452, 18456, 18462, 18463, 18464, 18465, 18466, 18467, 18468, 18470, 18486, 18487, 18488, 33155, 40607, 17806, 17892]),
        (Database, [911, 916, 4060, 4062, 4063, 4064, 40532]),
        (Firewall, [40615, 40914, 40538]),
        (Damage, [605, 823, 824, 825, 5180, 8909, 8928, 8939]),
        // SEC_E_UNTRUSTED_ROOT, SEC_E_WRONG_PRINCIPAL, SEC_E_CERT_EXPIRED, SEC_E_CERT_UNKNOWN, CERT_E_EXPIRED, CERT_E_UNTRUSTEDROOT, CERT_E_CN_NO_MATCH.
        (Certificate, [-2146893019, -2146893022, -2146893016, -2146893017, -2146762495, -2146762487, -2146762481]));

    public static bool IsPermanent(SqlException exception) => IsOfCertificate(exception) || IsPermanent(exception.Number, exception.Class);

    /// <param name="number">0 and below: the client library's own, such as -2 for a command that took too long.</param>
    /// <param name="severity">The server's.</param>
    public static bool IsPermanent(int number, byte severity) =>
        Permanent.ContainsKey(number)
        || (number > 0 && severity is >= LeastSeverityOfStatements and <= MostSeverityOfStatements && !Transient.ContainsKey(number));

    /// <summary>The number and, where it is known, the cause. Never the server's text: it may quote a value.</summary>
    public static string Describe(SqlException exception)
    {
        var cause = IsOfCertificate(exception) ? Certificate : CauseOf(exception.Number) ?? CauseOfSocket(exception);
        return cause is null ? $"SQL Server error {exception.Number}" : $"SQL Server error {exception.Number}: {cause}";
    }

    /// <summary>Null for a number that the tables do not have.</summary>
    public static string? CauseOf(int number) => number switch
    {
        -2 => "no answer in time",
        _ => Permanent.GetValueOrDefault(number) ?? Transient.GetValueOrDefault(number),
    };

    private static bool IsOfCertificate(SqlException exception)
    {
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException) return true;
        }

        return false;
    }

    private static string? CauseOfSocket(SqlException exception)
    {
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket) return socket.SocketErrorCode == SocketError.Success ? Network : $"{Network} ({socket.SocketErrorCode})";
        }

        return null;
    }

    private static FrozenDictionary<int, string> TableOf(params (string Cause, int[] Numbers)[] rows) =>
        rows.SelectMany(row => row.Numbers.Select(number => KeyValuePair.Create(number, row.Cause))).ToFrozenDictionary();
}
