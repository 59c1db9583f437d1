using System.Net.Sockets;
using System.Security.Authentication;
using KeyService.Server.Observability;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>Why Redis cannot be used, in fixed words for logs and metrics. Texts of the server and the library are searched, never repeated.</summary>
internal static class RedisCause
{
    /// <summary>The words that Redis begins its errors with, and what they mean for the operator.</summary>
    private static readonly (string Code, string Cause)[] Codes =
    [
        ("WRONGPASS", "WRONGPASS: user name or password is wrong"),
        ("invalid password", "WRONGPASS: user name or password is wrong"),
        ("invalid username-password", "WRONGPASS: user name or password is wrong"),
        ("NOAUTH", "NOAUTH: Redis wants a password, and none or a wrong one was given"),
        ("without any password configured", "a password is given, and Redis has none"),
        ("NOPERM", "NOPERM: the user lacks a permission"),
        ("READONLY", "READONLY: this Redis is a replica"),
        ("OOM", "OOM: Redis has reached its memory limit"),
        ("LOADING", "LOADING: Redis is still loading its data"),
        ("MISCONF", "MISCONF: Redis cannot save its data and refuses writes"),
        ("MASTERDOWN", "MASTERDOWN: this Redis is a replica without its master"),
        ("CLUSTERDOWN", "CLUSTERDOWN: the cluster is not available"),
        ("NOREPLICAS", "NOREPLICAS: Redis has too few replicas to accept writes"),
        ("BUSY", "BUSY: Redis runs a long script"),
        ("max number of clients", "Redis has reached its limit of connections"),
        ("protected mode", "Redis is in protected mode and refuses other machines"),
    ];

    private static readonly string[] Certificate = ["certificate", "RemoteCertificate"];

    /// <summary>Null when a text names none of the causes known.</summary>
    public static string? In(string? text) =>
        text is null ? null : Array.Find(Codes, known => text.Contains(known.Code, StringComparison.Ordinal)).Cause;

    public static string Of(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (In(e.Message) is { } cause) return cause;
            if (e is AuthenticationException)
            {
                return Array.Exists(Certificate, word => e.Message.Contains(word, StringComparison.OrdinalIgnoreCase))
                    ? "TLS: the certificate of Redis is not trusted"
                    : "TLS: the handshake failed; does Redis speak TLS at this port?";
            }
        }

        return exception switch
        {
            RedisServerException => "Redis refused the command",
            RedisTimeoutException => FailureCause.NoAnswer,
            _ => FailureCause.Of(exception),
        };
    }

    /// <summary>The same for a connection that is not there.</summary>
    /// <param name="exception">What a call was answered by the library.</param>
    /// <param name="tls">Whether it is made over TLS.</param>
    public static string OfConnecting(Exception exception, bool tls)
    {
        var innermost = exception;
        while (innermost.InnerException is { } inner) innermost = inner;
        var cause = Of(exception);
        var isClosed = innermost is IOException or RedisConnectionException or SocketException
        {
            SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.OperationAborted or SocketError.ConnectionAborted,
        };
        if (!isClosed || cause.StartsWith("TLS", StringComparison.Ordinal)) return cause;
        return tls
            ? "the connection was closed; does Redis speak TLS at this port (ssl=true is set)?"
            : "the connection was closed; is it Redis, and does it need ssl=true?";
    }
}
