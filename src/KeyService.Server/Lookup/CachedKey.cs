using KeyService.Server.Keys;
using KeyService.Server.Replication;

namespace KeyService.Server.Lookup;

/// <summary>A looked-up key as memory keeps it. Immutable but for what others keep with it to be quicker.</summary>
internal sealed class CachedKey(KeyRecord record, ReadMark mark) : IUsed
{
    public KeyRecord Record { get; } = record;

    /// <summary>Of the read that brought it, noted before it was sent.</summary>
    public ref readonly ReadMark Mark => ref _mark;

    private readonly ReadMark _mark = mark;

    public AddressList AllowedAddresses { get; } = new(record.AllowedAddresses);

    /// <summary>Null unless the key is of workspace <c>system</c>.</summary>
    public Credential? Credential { get; } = record.WorkspaceId == Workspaces.System ? new(record) : null;

    // What every verdict asks is copied here, side by side: with many keys a call's time is mostly the fetching of objects into the cache.

    public string KeyId { get; } = record.KeyId;

    public long Revision { get; } = record.Revision;

    public bool IsSystem { get; } = record.WorkspaceId == Workspaces.System;

    public bool IsEnabled { get; } = record.Status == KeyStatus.Enabled;

    public bool AllowsAnyAddress { get; } = record.AllowedAddresses.Count == 0;

    private readonly long _expiryUtcTicks = record.ExpireTime?.UtcTicks ?? long.MaxValue;

    public bool IsExpiredAt(DateTimeOffset time) => _expiryUtcTicks <= time.UtcTicks;

    /// <summary>What <see cref="Belief.Doubts"/> keeps with the entry.</summary>
    public long BelievedAt = Belief.Never;

    public ref UseMark Use => ref _use;

    private UseMark _use;

    /// <summary>The answer VALID as the wire layer wrote it; the record never changes, so neither does this.</summary>
    public byte[]? ValidReply { get; set; }
}
