using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace KeyService.Cluster.Tests.Rig;

/// <summary>
/// Ports that stay ours while their process is down. Below the range from which the system takes ports for outgoing connections (Linux:
/// from 32768): there a client that asks again and again would at last be connected to itself.
/// </summary>
internal static class FixedPorts
{
    private const int First = 20_000;
    private const int Last = 32_000;

    private static readonly Lock @lock = new();
    private static int next = RandomNumberGenerator.GetInt32(First, Last);

    public static int Take()
    {
        lock (@lock)
        {
            while (true)
            {
                next = next >= Last ? First : next + 1;
                if (IsFree(next)) return next;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
