using System.Net;
using System.Net.Sockets;

namespace KeyService.Testing;

/// <summary>
/// Free ports of loopback, each given out once: two tests of this process never get the same one, and it stays free until the test listens there. Each process
/// has a block of its own, so that suites can run side by side: it listens on the first port of the block for as long as it runs. The blocks are below the range
/// from which the system takes ports for outgoing connections (Linux: from 32768): there a client that asks again and again would at last be connected to itself.
/// </summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int Last = 32_000;
    private const int BlockLength = 1_000;

    private static readonly Lock @lock = new();
    private static readonly TcpListener block = ReserveBlock();
    private static int next = FirstOfBlock;

    private static int FirstOfBlock => ((IPEndPoint)block.LocalEndpoint).Port;

    public static int Take()
    {
        lock (@lock)
        {
            while (true)
            {
                next = next >= FirstOfBlock + BlockLength - 1 ? FirstOfBlock + 1 : next + 1;
                if (IsFree(next)) return next;
            }
        }
    }

    public static (int First, int Second) FreePair() => (Take(), Take());

    private static TcpListener ReserveBlock()
    {
        for (var first = First; first < Last; first += BlockLength)
        {
            var listener = new TcpListener(IPAddress.Loopback, first);
            try
            {
                listener.Start();
                return listener;
            }
            catch (SocketException)
            {
                listener.Dispose();
            }
        }

        throw new InvalidOperationException($"Every block of ports from {First} to {Last} is taken: end the test processes that have them.");
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
