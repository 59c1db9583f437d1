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
    private const string Handshake = "the TLS handshake failed";
    private const string Damage = "the database is damaged: run DBCC CHECKDB, and restore a backup";
    private const string Full = "no room is left for data or log";
    private const string Moving = "the database is being started, restored or moved";
    private const string Busy = "the server has too much to do";
    private const string Conflicting = "another transaction was in the way";
    private const string Retried = "the server could not do it this time";
    private const string Network = "the connection broke, or was not made";

    /// <summary>
    /// Of the statement severities these end by themselves. What EF Core's execution strategy retries is among them, but for 4060 (no such database, or
    /// no permission to open it); a test compares the two lists.
    /// </summary>
    private static readonly FrozenDictionary<int, string> Transient = TableOf(
        (Conflicting, [1204, 1205, 1222, 3935, 3941, 3947, 3948, 3950, 3953, 3957, 3960, 3961, 3966, 41301, 41302, 41305, 41325, 41839]),
        (Full, [1101, 1105, 9002, 40544, 41823, 41840]),
        ("the database is read-only", [3906, 3908]),
        (Moving, [596, 601, 615, 617, 669, 671, 904, 905, 921, 922, 923, 924, 926, 927, 928, 929, 941, 942, 945, 946, 951, 952, 954, 955, 958, 976, 978, 979, 981, 982, 983, 988, 40143, 40166, 40197, 40540, 40613, 42108, 42109, 14355]),
        ("the server is stopping, starting or paused", [6005, 17142, 17188, 18401, 18461]),
        (Busy, [701, 802, 1203, 1807, 3980, 4221, 8628, 8645, 8651, 9515, 10922, 10928, 10929, 10930, 10936, 17197, 17809, 18458, 18459, 18460, 40501, 40549, 40550, 40551, 40552, 40553, 40890, 40918, 40938, 49918, 49919, 49920]),
        (Retried,
        [
            539, 1215, 1216, 1221, 1232, 1404, 1413, 1421, 1438, 1532, 1533, 1534, 1535, 2021, 2816, 3429, 3635, 4117, 4184, 5280, 5529,
            6292, 7951, 9020, 9985, 11539, 14817, 14868, 14906, 16528, 16554, 16555, 17065, 17066, 17067, 17889, 18858, 19413, 19416, 19494,
            20041, 21503, 22225, 22226, 22335, 22353, 22355, 22358, 22427, 22430, 22491, 22493, 22498, 22754, 22758, 22759, 22760, 22984,
            25003, 25738, 25740, 30080, 30085, 33123, 35216, 35218, 35256, 35293, 37202, 37327, 39025, 39108, 39110, 39151, 39152, 40106,
            40189, 40623, 40903, 41339, 41383, 41614, 41619, 41640, 41700, 41701, 42029, 45153, 45156, 45157, 45161, 45179, 45182, 45319,
            45547, 47132, 47137, 47139, 49510, 49802, 49977, 49983,
        ]),
        (Network, [20, 64, 121, 233, 997, 3617, 10053, 10054, 10060, 11001, 35201, 35202, 35206, 35250, 40642, 40648, 40671, 40675]));

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

    /// <summary>An exception may carry several errors: see <see cref="Deciding"/>.</summary>
    public static bool IsPermanent(SqlException exception)
    {
        // Ahead of the number: the managed client library gives that of an untrusted issuer to every handshake that fails.
        if (HandshakeOf(exception) is { } handshake) return handshake == Certificate;
        var (number, severity) = Deciding(exception);
        return IsPermanent(number, severity);
    }

    /// <param name="number">0 and below: the client library's own, such as -2 for a command that took too long.</param>
    /// <param name="severity">The server's.</param>
    public static bool IsPermanent(int number, byte severity) =>
        Permanent.ContainsKey(number)
        || (number > 0 && severity is >= LeastSeverityOfStatements and <= MostSeverityOfStatements && !Transient.ContainsKey(number));

    /// <summary>The number and, where it is known, the cause. Never the server's text: it may quote a value.</summary>
    public static string Describe(SqlException exception)
    {
        var (number, _) = Deciding(exception);
        var cause = HandshakeOf(exception) ?? CauseOf(number) ?? CauseOfSocket(exception);
        return cause is null ? $"SQL Server error {number}" : $"SQL Server error {number}: {cause}";
    }

    /// <summary>Null for a number that the tables do not have.</summary>
    public static string? CauseOf(int number) => number switch
    {
        -2 => "no answer in time",
        _ => Permanent.GetValueOrDefault(number) ?? Transient.GetValueOrDefault(number),
    };

    /// <summary>
    /// The error that the exception is judged by: damage; else the first that ends by itself (a database that moves refuses the login too, in errors before or
    /// behind); else the first. A connection that breaks behind an error changes nothing: a server closes it after many.
    /// </summary>
    private static (int Number, byte Severity) Deciding(SqlException exception)
    {
        (int, byte)? transient = null;
        foreach (SqlError error in exception.Errors)
        {
            if (Permanent.GetValueOrDefault(error.Number) == Damage) return (error.Number, error.Class);
            if (Transient.TryGetValue(error.Number, out var cause) && cause != Network) transient ??= (error.Number, error.Class);
        }

        return transient ?? (exception.Number, exception.Class);
    }

    /// <summary>Null when the TLS handshake did not fail. The client library has one exception for all its failures; only the text of one about the certificate says so.</summary>
    private static string? HandshakeOf(SqlException exception)
    {
        string? failure = null;
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is not AuthenticationException) continue;
            if (inner.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase)) return Certificate;
            failure = Handshake;
        }

        return failure;
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
