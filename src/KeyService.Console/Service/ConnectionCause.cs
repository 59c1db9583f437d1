using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace KeyService.AdminConsole.Service;

/// <summary>Why a server was not reached, in words for the operator. Nothing that the other side said is in them.</summary>
public static class ConnectionCause
{
    /// <summary>Null when the server was reached, and answered with that error itself.</summary>
    public static string? Of(RpcException error, CertificateCheck check)
    {
        for (var e = error.Status.DebugException; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case AuthenticationException:
                    return check.Problem ?? "TLS is not agreed on (does it speak TLS at this port?)";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "the connection is refused: nothing listens there";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return "its name does not resolve";
                case SocketException socket:
                    return $"the connection fails ({socket.SocketErrorCode})";
                case TimeoutException:
                    return "it does not answer in time";
                case HttpRequestException { InnerException: null } http:
                    return $"it does not speak HTTP/2 there, or closes the connection ({http.HttpRequestError})";
            }
        }

        return error switch
        {
            { Status.DebugException: HttpRequestException or IOException } => "it does not speak HTTP/2 there, or closes the connection",
            { StatusCode: StatusCode.DeadlineExceeded } => "it does not answer in time",
            _ => null,
        };
    }
}

/// <summary>Lets the cause of a failed connection into the log: a new one after ten seconds at the earliest, the same one every five minutes.</summary>
public sealed class ConnectionLog(TimeProvider time)
{
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Another = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private string? _cause;
    private long _told;

    /// <summary>Whether this failure is to be logged now.</summary>
    public bool IsDue(string cause)
    {
        lock (_lock)
        {
            if (_cause is not null && time.GetElapsedTime(_told) < (cause == _cause ? Again : Another)) return false;
            (_cause, _told) = (cause, time.GetTimestamp());
            return true;
        }
    }

    /// <summary>It is reached. True: a failure was logged before.</summary>
    public bool Reached()
    {
        if (Volatile.Read(ref _cause) is null) return false;
        lock (_lock)
        {
            if (_cause is null) return false;
            _cause = null;
            return true;
        }
    }
}
