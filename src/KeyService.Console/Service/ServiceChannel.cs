using System.Net;
using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using Microsoft.Extensions.Logging;

namespace KeyService.AdminConsole.Service;

/// <summary>The one connection to the service, for everybody: who is calling is said at each call.</summary>
public sealed class ServiceChannel : IDisposable
{
    /// <summary>Longer than a change waits for the replicas (2 s), shorter than people do.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(8);

    private const int MaxActorLength = 128;

    private readonly GrpcChannel _channel;
    private readonly TimeProvider _time;
    private readonly IPersonAddressSigner? _signer;
    private readonly ILogger<ServiceChannel>? _log;
    private readonly Uri _address;
    private readonly CertificateCheck _check;
    private readonly ConnectionLog _failures;

    public ServiceChannel(ConsoleOptions options, TimeProvider time, IPersonAddressSigner? signer = null, ILogger<ServiceChannel>? log = null)
    {
        _address = options.ServiceAddress;
        _check = options.Trust.Begin();
        _failures = new(time);
        _log = log;
        _time = time;
        _signer = signer;
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(3),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            UseProxy = false,
            SslOptions = _check.Options,
        };
        // Its own process, by an address of this machine, which its certificate need not name.
        if (options.IsOwnService)
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null };
        _channel = GrpcChannel.ForAddress(options.ServiceAddress, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            // Shorter than a person takes to try again: until it has passed, every call fails at once.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(200),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(500),
        });
        Client = new(_channel);
    }

    public ApiKeyService.ApiKeyServiceClient Client { get; }

    /// <summary>Of a call with this credential, from the person's address, on behalf of whom an issuer named.</summary>
    public CallOptions CallAs(string credential, IPAddress? address, string? actor, CancellationToken cancellation)
    {
        var headers = new Metadata { { "authorization", $"Bearer {credential}" } };
        // A header is ASCII: a name that is not is told by the issuer's subject alone.
        if (!string.IsNullOrWhiteSpace(actor) && actor.Length <= MaxActorLength && actor.All(c => c is >= ' ' and <= '~')) headers.Add("x-keyservice-actor", actor.Trim());
        if (address is not null && _signer is not null) headers.Add(_signer.Header, _signer.Sign(address, credential));
        return new(headers, _time.GetUtcNow().UtcDateTime + Bound, cancellation);
    }

    /// <summary>The failure in words for the person; why the service is not reached is logged for the operator.</summary>
    public CallProblem Explain(RpcException error)
    {
        var cause = ConnectionCause.Of(error, _check);
        if (_log is not null && cause is not null && _failures.IsDue(cause)) Log.ServiceNotReached(_log, _address, cause);
        // A call that was cancelled here shows nothing about the service.
        else if (_log is not null && cause is null && error.StatusCode != StatusCode.Cancelled && _failures.Reached()) Log.ServiceReached(_log, _address);
        return cause is null ? CallProblem.Of(error) : CallProblem.NotReached(error);
    }

    /// <summary>A call was answered.</summary>
    public void Answered()
    {
        if (_log is not null && _failures.Reached()) Log.ServiceReached(_log, _address);
    }

    public void Dispose() => _channel.Dispose();
}
