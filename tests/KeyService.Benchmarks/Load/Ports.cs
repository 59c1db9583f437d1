using System.Net;
using System.Net.Sockets;

namespace KeyService.Benchmarks.Load;

internal static class Ports
{
    /// <summary>Of loopback; nobody listens there now.</summary>
    public static int Free()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
