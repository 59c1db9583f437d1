using System.Buffers.Binary;
using System.Net;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Connections;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// The open connections of one listener. At its limits a new connection takes the place of one that has never carried a valid credential: the oldest of the
/// address that has most of these. So idle or hostile connections keep nobody out for longer than they are the newest, and an address that floods
/// closes its own. Only when all are authenticated is a new one refused. A connection that several callers share, as a gateway's, counts in the share of its
/// address and in no caller's: no caller can have it closed. Every operation is O(1), under one lock.
/// </summary>
internal sealed class ConnectionTable(ConnectionLimits limits, ConnectionMetrics metrics)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<OpenConnection> _anonymous = [];
    private readonly Dictionary<UInt128, LinkedList<OpenConnection>> _anonymousOfPeer = [];
    private readonly Dictionary<string, LinkedList<OpenConnection>> _ofHolder = new(StringComparer.Ordinal);

    /// <summary>The peer with the most anonymous connections when one was last added: what is removed since may have made another one the largest.</summary>
    private LinkedList<OpenConnection>? _largest;

    private int _count;

    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    /// <summary>Null when it is refused; the caller closes it then.</summary>
    public OpenConnection? Add(ConnectionContext context)
    {
        var added = new OpenConnection(this, context, PeerOf(context.RemoteEndPoint));
        OpenConnection? replaced = null;
        lock (_lock)
        {
            if (_count >= limits.Connections || _anonymous.Count >= limits.Anonymous)
            {
                replaced = ToReplace(added.Peer);
                if (replaced is not null) Remove(replaced);
            }

            if (_count >= limits.Connections)
            {
                metrics.Closed(ConnectionEnd.Refused);
                return null;
            }

            var group = GroupOf(_anonymousOfPeer, added.Peer);
            added.InGroup = group.AddLast(added);
            added.InOrder = _anonymous.AddLast(added);
            if (_largest is null || group.Count >= _largest.Count) _largest = group;
            _count++;
        }

        Close(replaced, ConnectionEnd.Replaced, "Another connection takes its place.");
        return added;
    }

    public void MarkAuthenticated(OpenConnection connection, string caller)
    {
        OpenConnection? replaced = null;
        lock (_lock)
        {
            // Released in the meantime.
            if (connection.InGroup is null) return;
            var holder = connection.Holder is null || connection.Holder == caller ? caller : connection.PeerName;
            if (holder == connection.Holder) return;
            Remove(connection);
            var group = GroupOf(_ofHolder, holder);
            if (group.Count >= limits.OfOneCaller)
            {
                replaced = group.First!.Value;
                Remove(replaced);
                // Its group may have become empty, and gone.
                group = GroupOf(_ofHolder, holder);
            }

            connection.Holder = holder;
            connection.InGroup = group.AddLast(connection);
            _count++;
        }

        Close(replaced, ConnectionEnd.Share, "Its caller or its address has too many connections.");
    }

    public void Release(OpenConnection connection)
    {
        lock (_lock)
        {
            if (connection.InGroup is not null) Remove(connection);
        }
    }

    private OpenConnection? ToReplace(UInt128 newcomer)
    {
        var own = _anonymousOfPeer.GetValueOrDefault(newcomer);
        var largest = own is not null && own.Count >= (_largest?.Count ?? 0) ? own : _largest;
        return (largest?.Count > 1 ? largest.First : _anonymous.First)?.Value;
    }

    private void Remove(OpenConnection connection)
    {
        var group = connection.InGroup!.List!;
        group.Remove(connection.InGroup);
        connection.InGroup = null;
        if (connection.InOrder is not null) _anonymous.Remove(connection.InOrder);
        connection.InOrder = null;
        _count--;
        if (group.Count > 0) return;
        if (connection.Holder is { } holder) _ofHolder.Remove(holder);
        else _anonymousOfPeer.Remove(connection.Peer);
        if (group == _largest) _largest = null;
    }

    private void Close(OpenConnection? connection, ConnectionEnd end, string reason)
    {
        if (connection is null) return;
        metrics.Closed(end);
        connection.Abort(reason);
    }

    private static LinkedList<OpenConnection> GroupOf<TKey>(Dictionary<TKey, LinkedList<OpenConnection>> groups, TKey key)
        where TKey : notnull
    {
        if (groups.TryGetValue(key, out var group)) return group;
        return groups[key] = [];
    }

    /// <summary>An IPv4 address, or the network of an IPv6 address: whoever has one address of it usually has all 2^64.</summary>
    private static UInt128 PeerOf(EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint { Address: var address }) return 0;
        Span<byte> bytes = stackalloc byte[16];
        var isVersion4 = address.IsIPv4MappedToIPv6 || address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        if (!address.MapToIPv6().TryWriteBytes(bytes, out _)) return 0;
        if (!isVersion4) bytes[8..].Clear();
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
