using System.Globalization;
using Microsoft.AspNetCore.Connections;

namespace KeyService.Server.Hosting.Connections;

/// <summary>An accepted connection in its listener's <see cref="ConnectionTable"/>; a feature of that connection. All state is guarded by the table.</summary>
internal sealed class OpenConnection(ConnectionTable table, ConnectionContext context, UInt128 peer)
{
    private volatile string? _holder;

    public UInt128 Peer { get; } = peer;

    /// <summary>The peer as text, which is no caller's id.</summary>
    public string PeerName { get; } = string.Create(CultureInfo.InvariantCulture, $"peer:{peer:x}");

    /// <summary>Its places in the table's lists: by age, and among those of its peer or caller. Null once it is released.</summary>
    public LinkedListNode<OpenConnection>? InGroup { get; set; }

    public LinkedListNode<OpenConnection>? InOrder { get; set; }

    /// <summary>
    /// In whose share the connection counts: its only caller, or <see cref="PeerName"/> once several callers share it. Null until it has carried a valid
    /// credential. Set by the table alone.
    /// </summary>
    public string? Holder
    {
        get => _holder;
        set => _holder = value;
    }

    /// <summary>Whether it has carried a valid credential.</summary>
    public bool IsAuthenticated => _holder is not null;

    /// <summary>Called with every valid credential that is not the connection's last one.</summary>
    public void MarkAuthenticated(string caller)
    {
        if (_holder is { } holder && (ReferenceEquals(holder, PeerName) || string.Equals(holder, caller, StringComparison.Ordinal))) return;
        table.MarkAuthenticated(this, caller);
    }

    /// <summary>Its place is free from now on.</summary>
    public void Release() => table.Release(this);

    /// <summary>Closes the socket at once, whatever is under way.</summary>
    public void Abort(string reason) => context.Abort(new ConnectionAbortedException(reason));
}
