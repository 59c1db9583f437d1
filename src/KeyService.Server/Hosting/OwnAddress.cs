using System.Net;

namespace KeyService.Server.Hosting;

/// <summary>This process's own ports as URLs; an IPv6 address is in brackets there.</summary>
internal static class OwnAddress
{
    /// <summary>Where it listens.</summary>
    public static Uri Of(ServerOptions options, int port) => Url(options, options.BindAddress, port);

    /// <summary>Where this machine reaches it: an address that stands for all of the machine's is none that a browser opens.</summary>
    public static Uri Reachable(ServerOptions options, int port) => Url(
        options,
        options.BindAddress.Equals(IPAddress.Any) ? IPAddress.Loopback : options.BindAddress.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : options.BindAddress,
        port);

    private static Uri Url(ServerOptions options, IPAddress address, int port) => new UriBuilder(options.Tls ? "https" : "http", address.ToString(), port).Uri;
}
