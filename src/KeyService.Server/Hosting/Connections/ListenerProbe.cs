using System.Net;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Connects to each listener of this process, as a client does, and waits for an answer: a process whose listener accepts nothing is not ready, whatever else works.
/// All who ask within a second share one result, so that a health path costs no more than two connections a second.
/// </summary>
internal sealed class ListenerProbe(IReadOnlyList<(Uri Address, Version Protocol)> listeners, TimeProvider time)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<(int Port, string Failure)?>? _last;
    private long _started;

    public static ListenerProbe Of(ServerOptions options, TimeProvider time)
    {
        var address = options.BindAddress;
        if (address.Equals(IPAddress.Any)) address = IPAddress.Loopback;
        if (address.Equals(IPAddress.IPv6Any)) address = IPAddress.IPv6Loopback;
        var scheme = options.Tls ? "https" : "http";
        var http = (new UriBuilder(scheme, address.ToString(), options.HttpPort, "/health/live").Uri, HttpVersion.Version11);
        return new(
            options.HttpPort == options.GrpcPort ? [http] : [http, (new UriBuilder(scheme, address.ToString(), options.GrpcPort, "/health/live").Uri, HttpVersion.Version20)],
            time);
    }

    /// <summary>The port of a listener that does not answer and the kind of failure; null when all answer, with whatever status.</summary>
    public Task<(int Port, string Failure)?> CheckAsync()
    {
        lock (_lock)
        {
            if (_last is null || (_last.IsCompleted && time.GetElapsedTime(_started) > Fresh))
            {
                _started = time.GetTimestamp();
                _last = ProbeAllAsync();
            }

            return _last;
        }
    }

    private async Task<(int Port, string Failure)?> ProbeAllAsync()
    {
        var found = await Task.WhenAll(listeners.Select(listener => ProbeAsync(listener.Address, listener.Protocol)));
        return Array.Find(found, silent => silent is not null);
    }

    private static async Task<(int Port, string Failure)?> ProbeAsync(Uri address, Version protocol)
    {
        // A connection for each probe, closed with it: a pool would keep it.
        using var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };
        // The certificate names the service, not this address; nothing secret is sent.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var client = new HttpClient(handler) { Timeout = Bound };
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Version = protocol, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return (address.Port, e.GetType().Name);
        }
    }
}
