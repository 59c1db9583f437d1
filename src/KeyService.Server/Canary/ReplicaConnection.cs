using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.AdminConsole.Service;
using KeyService.Contracts.V1;

namespace KeyService.Server.Canary;

/// <summary>The way to one replica.</summary>
internal interface IReplicaConnection : IDisposable
{
    /// <summary>Whether the replica accepts the credential; never throws but for <paramref name="cancellation"/>.</summary>
    Task<Answer> AskAsync(string credential, CancellationToken cancellation);

    /// <summary>Why the last call brought no answer, for the operator; empty when it did.</summary>
    string Cause => "";
}

/// <summary>By gRPC over one kept channel, as any caller would ask. Logs nothing: a call carries a credential.</summary>
internal sealed partial class ReplicaConnection : IReplicaConnection
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly ApiKeyService.ApiKeyServiceClient _client;

    private readonly CertificateCheck _check;
    private volatile string _cause = "";

    private ReplicaConnection(Uri uri, CertificateTrust trust, TimeProvider time)
    {
        _time = time;
        _check = trust.Begin();
        // No proxy: replicas are neighbours, and a proxy named for other purposes would be shown the credential.
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Bound, SslOptions = _check.Options };
        _channel = GrpcChannel.ForAddress(uri, new() { HttpHandler = handler, DisposeHttpClient = true });
        _client = new(_channel);
    }

    public string Cause => _cause;

    /// <summary>Null when the advertised address is not a host and a port.</summary>
    public static IReplicaConnection? To(string address, bool tls, CertificateTrust trust, TimeProvider time) =>
        UriOf(address, tls) is { } uri ? new ReplicaConnection(uri, trust, time) : null;

    /// <summary>Of a host and a port, an IPv6 address in brackets; null for anything else.</summary>
    public static Uri? UriOf(string address, bool tls) =>
        HostAndPort().IsMatch(address) && Uri.TryCreate($"{(tls ? "https" : "http")}://{address}", UriKind.Absolute, out var uri) ? uri : null;

    public async Task<Answer> AskAsync(string credential, CancellationToken cancellation)
    {
        var options = new CallOptions(new() { { "authorization", $"Bearer {credential}" } }, _time.GetUtcNow().UtcDateTime + Bound, cancellation);
        try
        {
            // It asks about nothing: what is of interest is who may ask.
            var answer = await AskAsync(async () => await _client.ValidateKeyAsync(new(), options));
            // A process without role validation; then it has the other.
            answer ??= await AskAsync(async () => await _client.GetCallerAsync(new(), options));
            _cause = answer is null ? "it serves neither ValidateKey nor GetCaller" : "";
            return answer ?? Answer.None;
        }
        catch (Exception e) when (e is RpcException or HttpRequestException or ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            _cause = e is RpcException rpc ? ConnectionCause.Of(rpc, _check) ?? $"it answers {rpc.StatusCode}" : e.GetType().Name;
            return Answer.None;
        }
    }

    public void Dispose() => _channel.Dispose();

    [GeneratedRegex(@"^(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\\\s]+):[0-9]{1,5}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex HostAndPort();

    /// <summary>Null when the process does not serve the RPC.</summary>
    private static async Task<Answer?> AskAsync(Func<Task> call)
    {
        try
        {
            await call();
            return Answer.Accepted;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unauthenticated)
        {
            return Answer.Refused;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
    }
}
