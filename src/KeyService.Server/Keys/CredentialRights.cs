using System.Collections.Frozen;

namespace KeyService.Server.Keys;

/// <summary>
/// What a caller may do, and where: permissions that hold everywhere, which is every workspace but <c>system</c>, and permissions of single workspaces.
/// <c>keys:admin</c> is about no place. Made once for a record of workspace <c>system</c> and kept with it; of a JWT, made for each call.
/// </summary>
internal sealed class CredentialRights
{
    public static readonly CredentialRights None = new(Permissions.None, []);

    private readonly Permissions _everywhere;

    /// <summary>What holds in a workspace beside what holds everywhere.</summary>
    private readonly FrozenDictionary<string, Permissions> _places;
    private readonly FrozenDictionary<string, Permissions>.AlternateLookup<ReadOnlySpan<char>> _byName;

    /// <summary>An API key's: each permission in each of the places.</summary>
    public CredentialRights(Permissions permissions, IReadOnlyCollection<string> permittedWorkspaces)
        : this(
            permissions, permittedWorkspaces.Contains(Workspaces.All), permittedWorkspaces.Contains(Workspaces.All) ? Placed(permissions) : Permissions.None,
            permittedWorkspaces.Where(id => id != Workspaces.All).Select(id => KeyValuePair.Create(id, Placed(permissions))))
    {
    }

    private CredentialRights(
        Permissions permissions, bool allWorkspaces, Permissions everywhere, IEnumerable<KeyValuePair<string, Permissions>> places)
    {
        Permissions = permissions;
        AllWorkspaces = allWorkspaces;
        _everywhere = everywhere;
        _places = places.ToFrozenDictionary(StringComparer.Ordinal);
        _byName = _places.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>All of them, wherever they hold.</summary>
    public Permissions Permissions { get; }

    /// <summary>Whether there are permissions that hold everywhere.</summary>
    public bool AllWorkspaces { get; }

    public IReadOnlyCollection<string> GrantedWorkspaces => _places.Keys;

    public static CredentialRights Of(KeyRecord credential) =>
        new(PermissionNames.Parse(credential.Scopes), credential.PermittedWorkspaces);

    /// <summary>A JWT's, by the values of its claim: <c>permission</c>, which holds everywhere, or <c>permission@workspace</c>. Any other value grants nothing.</summary>
    public static CredentialRights OfClaim(IEnumerable<string> values)
    {
        var everywhere = Permissions.None;
        var places = new Dictionary<string, Permissions>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            var at = value.IndexOf('@', StringComparison.Ordinal);
            if (!PermissionNames.TryParse(at < 0 ? value : value[..at], out var permission)) continue;
            if (at < 0) everywhere |= permission;
            else if (value[(at + 1)..] is var id && permission != Permissions.Admin && id != Workspaces.System && Workspaces.IsValid(id))
                places[id] = places.GetValueOrDefault(id) | permission;
        }

        return new(places.Values.Aggregate(everywhere, (all, one) => all | one), Placed(everywhere) != Permissions.None, Placed(everywhere), places);
    }

    /// <summary>What makes the same places.</summary>
    public IEnumerable<string> PermittedWorkspaces => AllWorkspaces ? GrantedWorkspaces.Append(Workspaces.All) : GrantedWorkspaces;

    /// <summary>Somewhere, at least.</summary>
    public bool Holds(Permissions permission) => (Permissions & permission) == permission;

    /// <summary>Workspace <c>system</c> is managed with <c>keys:admin</c> alone, and <c>*</c> does not include it.</summary>
    public bool May(Permissions permission, string workspaceId) => (PermissionsIn(workspaceId) & permission) == permission;

    /// <summary>All that hold in a workspace.</summary>
    public Permissions PermissionsIn(string workspaceId) =>
        workspaceId == Workspaces.System
            ? Holds(Permissions.Admin) ? Permissions.All & ~Permissions.Validate : Permissions.None
            : PlacedIn(workspaceId) | (Permissions & Permissions.Admin);

    /// <summary>Whether the keys of a workspace, which is not <c>system</c>, may be validated. On the way of every call: makes no string.</summary>
    public bool MayValidate(ReadOnlySpan<byte> workspaceId)
    {
        if ((_everywhere & Permissions.Validate) != Permissions.None) return true;
        if (!Holds(Permissions.Validate)) return false;
        Span<char> id = stackalloc char[Workspaces.MaxLength];
        return workspaceId.Length <= id.Length && System.Text.Ascii.ToUtf16(workspaceId, id, out var length) == System.Buffers.OperationStatus.Done
            && _byName.TryGetValue(id[..length], out var permissions) && (permissions & Permissions.Validate) != Permissions.None;
    }

    /// <summary>Nobody grants what he does not hold: neither a permission nor a place, and in no place a permission that he lacks there.</summary>
    public bool MayGrant(CredentialRights other) =>
        Holds(other.Permissions)
        && (AllWorkspaces || !other.AllWorkspaces)
        && (_everywhere & other._everywhere) == other._everywhere
        && other._places.All(place => (AllWorkspaces || _places.ContainsKey(place.Key)) && (PlacedIn(place.Key) & place.Value) == place.Value);

    private Permissions PlacedIn(string workspaceId) => _everywhere | _places.GetValueOrDefault(workspaceId);

    private static Permissions Placed(Permissions permissions) => permissions & ~Permissions.Admin;
}
