using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using KeyService.AdminConsole.Service;

namespace KeyService.AdminConsole.Tests.Service;

/// <summary>What an operator is told, by what the client library throws.</summary>
public sealed class ConnectionCauseTests
{
    public static TheoryData<string, string?> Causes => new()
    {
        { "refused", "the connection is refused: nothing listens there" },
        { "host not found", "its name does not resolve" },
        { "no data", "its name does not resolve" },
        { "try again", "its name does not resolve" },
        { "unreachable", "the connection fails (NetworkUnreachable)" },
        { "certificate", "TLS is not agreed on (does it speak TLS at this port?)" },
        { "connect time-out", "it does not answer in time" },
        { "deadline", "it does not answer in time" },
        { "other protocol", "it does not speak HTTP/2 there, or closes the connection (HttpProtocolError)" },
        { "closed", "it does not speak HTTP/2 there, or closes the connection" },
        { "answered", null },
        { "cancelled", null },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void A_failure_has_a_cause_in_words_and_an_error_of_the_service_has_none(string failure, string? expected) =>
        ConnectionCause.Of(Failure(failure), CertificateTrust.System.Begin()).ShouldBe(expected);

    private static RpcException Failure(string name) => name switch
    {
        "refused" => Unavailable(Http(HttpRequestError.ConnectionError, new SocketException((int)SocketError.ConnectionRefused))),
        "host not found" => Unavailable(Http(HttpRequestError.NameResolutionError, new SocketException((int)SocketError.HostNotFound))),
        "no data" => Unavailable(Http(HttpRequestError.NameResolutionError, new SocketException((int)SocketError.NoData))),
        "try again" => Unavailable(Http(HttpRequestError.NameResolutionError, new SocketException((int)SocketError.TryAgain))),
        "unreachable" => Unavailable(Http(HttpRequestError.ConnectionError, new SocketException((int)SocketError.NetworkUnreachable))),
        "certificate" => Unavailable(Http(HttpRequestError.SecureConnectionError, new AuthenticationException("of the other side"))),
        "connect time-out" => Unavailable(new OperationCanceledException("ended", new TimeoutException("of the handler"))),
        "deadline" => new(new Status(StatusCode.DeadlineExceeded, "")),
        "other protocol" => Unavailable(Http(HttpRequestError.HttpProtocolError, inner: null)),
        "closed" => Unavailable(new IOException("of the other side")),
        "answered" => new(new Status(StatusCode.Unavailable, "of the service")),
        "cancelled" => new(new Status(StatusCode.Cancelled, "", new OperationCanceledException())),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static RpcException Unavailable(Exception cause) => new(new Status(StatusCode.Unavailable, "of the library", cause));

    private static HttpRequestException Http(HttpRequestError error, Exception? inner) => new(error, "of the library", inner);
}
