using System.Net;
using System.Net.Sockets;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>Ports of loopback that nobody listens on at the moment.</summary>
internal static class Ports
{
    public static (int First, int Second) FreePair()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
