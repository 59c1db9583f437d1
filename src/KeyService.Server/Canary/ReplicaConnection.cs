using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;

namespace KeyService.Server.Canary;

/// <summary>The way to one replica.</summary>
internal interface IReplicaConnection : IDisposable
{
    /// <summary>Whether the replica accepts the credential; never throws but for <paramref name="cancellation"/>.</summary>
    Task<Answer> AskAsync(string credential, CancellationToken cancellation);
}

/// <summary>By gRPC over one kept channel, as any caller would ask. Logs nothing: a call carries a credential.</summary>
internal sealed class ReplicaConnection : IReplicaConnection
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly ApiKeyService.ApiKeyServiceClient _client;

    private ReplicaConnection(Uri uri, TimeProvider time)
    {
        _time = time;
        // No proxy: replicas are neighbours, and a proxy named for other purposes would be shown the credential.
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Bound };
        _channel = GrpcChannel.ForAddress(uri, new() { HttpHandler = handler, DisposeHttpClient = true });
        _client = new(_channel);
    }

    /// <summary>Null when the advertised address is not a host and a port.</summary>
    public static IReplicaConnection? To(string address, bool tls, TimeProvider time) =>
        Uri.TryCreate($"{(tls ? "https" : "http")}://{address}", UriKind.Absolute, out var uri)
        && uri.GetComponents(UriComponents.HostAndPort, UriFormat.UriEscaped).Equals(address, StringComparison.OrdinalIgnoreCase) && uri.UserInfo.Length == 0
            ? new ReplicaConnection(uri, time)
            : null;

    public async Task<Answer> AskAsync(string credential, CancellationToken cancellation)
    {
        var options = new CallOptions(new() { { "authorization", $"Bearer {credential}" } }, _time.GetUtcNow().UtcDateTime + Bound, cancellation);
        try
        {
            // It asks about nothing: what is of interest is who may ask.
            var answer = await AskAsync(async () => await _client.ValidateKeyAsync(new(), options));
            // A process without role validation; then it has the other.
            return answer ?? await AskAsync(async () => await _client.GetCallerAsync(new(), options)) ?? Answer.None;
        }
        catch (Exception e) when (e is RpcException or HttpRequestException or ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            return Answer.None;
        }
    }

    public void Dispose() => _channel.Dispose();

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
