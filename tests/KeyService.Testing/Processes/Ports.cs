using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace KeyService.Testing;

/// <summary>
/// Ports of loopback that nobody listens on, each given out once: two tests of this process never get the same one, and it stays ours while nobody listens
/// there. Below the range from which the system takes ports for outgoing connections (Linux: from 32768): there a client that asks again and again would at
/// last be connected to itself. From a random one on, so that two processes rarely meet.
/// </summary>
internal static class Ports
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

    public static (int First, int Second) FreePair() => (Take(), Take());

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
