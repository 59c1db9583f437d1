using KeyService.Server.Keys;

namespace KeyService.Server.Lookup;

/// <summary>A looked-up key as memory keeps it. Immutable but for the reply that the wire layer keeps with it.</summary>
internal sealed class CachedKey(KeyRecord record, long era)
{
    public KeyRecord Record { get; } = record;

    /// <summary>The era of the floors in which the read was sent.</summary>
    public long Era { get; } = era;

    public AddressList AllowedAddresses { get; } = new(record.AllowedAddresses);

    /// <summary>What the key may do as a caller's credential; nothing unless it is of workspace <c>system</c>.</summary>
    public CredentialRights Rights { get; } =
        record.WorkspaceId == Workspaces.System ? CredentialRights.Of(record) : CredentialRights.None;

    /// <summary>The answer VALID as the wire layer made it; the record never changes, so neither does this.</summary>
    public object? ValidReply { get; set; }
}
