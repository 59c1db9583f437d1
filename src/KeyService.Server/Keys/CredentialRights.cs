using System.Collections.Frozen;

namespace KeyService.Server.Keys;

/// <summary>What a credential may do, and where. Made once for a record of workspace <c>system</c> and kept with it.</summary>
internal sealed class CredentialRights
{
    public static readonly CredentialRights None = new(Permissions.None, []);

    private readonly FrozenSet<string> _workspaces;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _byName;

    public CredentialRights(Permissions permissions, IReadOnlyCollection<string> permittedWorkspaces)
    {
        Permissions = permissions;
        AllWorkspaces = permittedWorkspaces.Contains(Workspaces.All);
        _workspaces = permittedWorkspaces.Where(id => id != Workspaces.All).ToFrozenSet(StringComparer.Ordinal);
        _byName = _workspaces.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public Permissions Permissions { get; }

    public bool AllWorkspaces { get; }

    public IReadOnlyCollection<string> GrantedWorkspaces => _workspaces;

    public static CredentialRights Of(KeyRecord credential) =>
        new(PermissionNames.Parse(credential.Scopes), credential.PermittedWorkspaces);

    /// <summary>What makes the same places.</summary>
    public IEnumerable<string> PermittedWorkspaces => AllWorkspaces ? _workspaces.Append(Workspaces.All) : _workspaces;

    public bool Holds(Permissions permission) => (Permissions & permission) == permission;

    /// <summary>Workspace <c>system</c> is managed with <c>keys:admin</c> alone, and <c>*</c> does not include it.</summary>
    public bool May(Permissions permission, string workspaceId) =>
        workspaceId == Workspaces.System
            ? Holds(Permissions.Admin) && permission != Permissions.Validate
            : Holds(permission) && (AllWorkspaces || _workspaces.Contains(workspaceId));

    /// <summary>Whether the keys of a workspace, which is not <c>system</c>, may be validated. On the way of every call: makes no string.</summary>
    public bool MayValidate(ReadOnlySpan<byte> workspaceId)
    {
        if (!Holds(Permissions.Validate)) return false;
        if (AllWorkspaces) return true;
        Span<char> id = stackalloc char[Workspaces.MaxLength];
        return workspaceId.Length <= id.Length && System.Text.Ascii.ToUtf16(workspaceId, id, out var length) == System.Buffers.OperationStatus.Done
            && _byName.Contains(id[..length]);
    }

    /// <summary>Nobody grants what he does not hold: neither a permission nor a place.</summary>
    public bool MayGrant(CredentialRights other) =>
        Holds(other.Permissions)
        && (AllWorkspaces || (!other.AllWorkspaces && other._workspaces.All(_workspaces.Contains)));
}
