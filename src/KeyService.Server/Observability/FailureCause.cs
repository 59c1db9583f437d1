using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;

namespace KeyService.Server.Observability;

/// <summary>Why something over the network failed, in fixed words: for logs and metrics, so nothing of an exception's text is in it.</summary>
internal static class FailureCause
{
    public const string NoAnswer = "no answer in time";

    public static string Of(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (Known(cause) is { } known) return known;
        }

        return exception.GetType().Name;
    }

    private static string? Known(Exception exception) => exception switch
    {
        SocketException socket => socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connection refused",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "host name not found",
            SocketError.TimedOut => NoAnswer,
            SocketError.ConnectionReset or SocketError.Shutdown => "connection closed by the other side",
            var code => $"network error {code}",
        },
        AuthenticationException => "TLS handshake failed: is the certificate trusted, and is TLS set on both sides?",
        HttpRequestException { StatusCode: { } status } => $"HTTP status {(int)status}",
        TimeoutException or OperationCanceledException => NoAnswer,
        _ => null,
    };
}
