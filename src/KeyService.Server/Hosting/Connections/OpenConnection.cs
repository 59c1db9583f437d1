using Microsoft.AspNetCore.Connections;

namespace KeyService.Server.Hosting.Connections;

/// <summary>An accepted connection in its listener's <see cref="ConnectionTable"/>; a feature of that connection. All state is guarded by the table.</summary>
internal sealed class OpenConnection(ConnectionTable table, ConnectionContext context, UInt128 peer)
{
    private volatile bool _isAuthenticated;

    public UInt128 Peer { get; } = peer;

    /// <summary>Its places in the table's lists: by age, and among those of its peer or caller. Null once it is released.</summary>
    public LinkedListNode<OpenConnection>? InGroup { get; set; }

    public LinkedListNode<OpenConnection>? InOrder { get; set; }

    /// <summary>Null until it has carried a valid credential.</summary>
    public string? Caller { get; set; }

    /// <summary>Called with every valid credential that is not the connection's last one; the first counts.</summary>
    public void MarkAuthenticated(string caller)
    {
        if (_isAuthenticated) return;
        _isAuthenticated = true;
        table.MarkAuthenticated(this, caller);
    }

    /// <summary>Its place is free from now on.</summary>
    public void Release() => table.Release(this);

    /// <summary>Closes the socket at once, whatever is under way.</summary>
    public void Abort(string reason) => context.Abort(new ConnectionAbortedException(reason));
}
