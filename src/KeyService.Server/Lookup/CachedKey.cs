using KeyService.Server.Keys;
using KeyService.Server.Replication;

namespace KeyService.Server.Lookup;

/// <summary>
/// A looked-up key as memory keeps it: what validation asks of a record, and no more, about 300 bytes. What it says of the key never changes;
/// the rest is what others keep with it to be quicker.
/// </summary>
internal sealed class CachedKey : IUsed
{
    /// <summary>Ticks have no sign: those of a key that is switched off are kept as their complement, which saves eight bytes a key.</summary>
    private readonly long _expiryUtcTicks;

    private readonly ReadMark _mark;
    private UseMark _use;

    public CachedKey(KeyRecord record, ReadMark mark)
        : this(ValidAnswer.Of(record), record.Status, record.ExpireTime?.UtcTicks ?? long.MaxValue, AddressList.Of(record.AllowedAddresses), record.PermittedWorkspaces, record.Revision, mark)
    {
    }

    /// <param name="answer">Has key id, workspace and scopes.</param>
    /// <param name="status">The key's.</param>
    /// <param name="expiryUtcTicks"><see cref="long.MaxValue"/>: never.</param>
    /// <param name="allowedAddresses">Where it may be used from.</param>
    /// <param name="permittedWorkspaces">Of a credential.</param>
    /// <param name="revision">Of the record.</param>
    /// <param name="mark">Of the read that brought it, noted before it was sent.</param>
    public CachedKey(
        in ValidAnswer answer, KeyStatus status, long expiryUtcTicks, AddressList allowedAddresses, IReadOnlyCollection<string> permittedWorkspaces, long revision, in ReadMark mark)
    {
        // Its complement would be a key that is switched on.
        ArgumentOutOfRangeException.ThrowIfNegative(expiryUtcTicks);
        Answer = answer;
        _expiryUtcTicks = status == KeyStatus.Enabled ? expiryUtcTicks : ~expiryUtcTicks;
        AllowedAddresses = allowedAddresses;
        Revision = revision;
        _mark = mark;
        if (System.Text.Ascii.Equals(answer.WorkspaceId, Workspaces.System)) Credential = new(KeyId, new(PermissionNames.Parse(answer.Scopes.ToArray()), permittedWorkspaces));
    }

    public ref readonly ReadMark Mark => ref _mark;

    public ValidAnswer Answer { get; }

    public AddressList AllowedAddresses { get; }

    /// <summary>Null unless the key is of workspace <c>system</c>.</summary>
    public Credential? Credential { get; }

    /// <summary>A new string each time; the bytes are in <see cref="Answer"/>.</summary>
    public string KeyId => Answer.KeyIdText;

    public long Revision { get; }

    public bool IsSystem => Credential is not null;

    public bool IsEnabled => _expiryUtcTicks >= 0;

    public long ExpiryUtcTicks => IsEnabled ? _expiryUtcTicks : ~_expiryUtcTicks;

    public bool IsExpiredAt(DateTimeOffset time) => ExpiryUtcTicks <= time.UtcTicks;

    /// <summary>What <see cref="Belief.Doubts"/> keeps with the entry.</summary>
    public long BelievedAt = Belief.Never;

    public ref UseMark Use => ref _use;

    /// <summary>What <see cref="MemoryKeyCache"/> keeps with the entry.</summary>
    public CachePlace Place;
}
