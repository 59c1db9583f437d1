using System.Globalization;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting.Connections;

/// <summary>How many connections a listener has open at most, derived from the limit of open files.</summary>
internal sealed record ConnectionLimits
{
    private const int MostConnections = 20_000;

    /// <summary>Below this a listener is of little use, and the start is refused.</summary>
    private const int LeastConnections = 50;

    /// <summary>An idle process has 380 files open (assemblies, the database, pipes); pools of connections to the database, Redis, the issuer and files of the console come on top.</summary>
    private const int LeastReserve = 600;

    /// <summary>Bytes: 50 calls with headers of 16 KiB, as characters of two bytes, and 256 KiB of bodies.</summary>
    private const int MostOfOneConnection = 2 * 1024 * 1024;

    /// <summary>As many as an honest client opens in one burst, where the memory allows it.</summary>
    public int FewAnonymous { get; init; } = 256;

    /// <summary>All connections of the listener.</summary>
    public required int Connections { get; init; }

    /// <summary>Bytes that the process may use; by default of the machine or its container.</summary>
    public long Memory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>
    /// Those that have not carried a valid credential. Limits what clients without one can make the process keep: unread
    /// request bodies, answers and headers, at most <see cref="MostOfOneConnection"/> each, and a quarter of the memory
    /// for each listener. A client has all the time in which so many others connect to present its credential.
    /// </summary>
    public int Anonymous => (int)Math.Clamp(
        Memory / 4 / MostOfOneConnection, 1, Math.Max(Connections / 4, Math.Min(Connections * 3 / 4, FewAnonymous)));

    /// <summary>Those of one caller, and those of one address that several callers share.</summary>
    public int OfOneCaller => Math.Max(Connections / 2, 1);

    /// <param name="openFiles">The limit of open files; null: none is known.</param>
    /// <param name="listeners">How many listeners share it.</param>
    /// <exception cref="StartException">The limit is too low to serve.</exception>
    public static ConnectionLimits For(int? openFiles, int listeners)
    {
        if (openFiles is not { } files) return new() { Connections = MostConnections };
        var connections = (files - Math.Max(LeastReserve, files / 16)) / listeners;
        if (connections < LeastConnections)
        {
            throw new StartException(string.Create(
                CultureInfo.InvariantCulture,
                $"The limit of open files of this process (ulimit -n) is {files}: at least {LeastReserve + (LeastConnections * listeners)} are needed."));
        }

        return new() { Connections = Math.Min(connections, MostConnections) };
    }
}
