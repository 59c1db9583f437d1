namespace KeyService.Server.Keys;

/// <summary>What a credential may do.</summary>
[Flags]
internal enum Permissions
{
    None = 0,
    Read = 1,
    Write = 2,
    Reveal = 4,
    Audit = 8,
    Validate = 16,
    Admin = 32,
    All = Read | Write | Reveal | Audit | Validate | Admin,
}

/// <summary>The names of permissions, as the scopes of a credential say them.</summary>
internal static class PermissionNames
{
    private static readonly (string Name, Permissions Permission)[] Table =
    [
        ("keys:read", Permissions.Read),
        ("keys:write", Permissions.Write),
        ("keys:reveal", Permissions.Reveal),
        ("keys:audit", Permissions.Audit),
        ("keys:validate", Permissions.Validate),
        ("keys:admin", Permissions.Admin),
    ];

    public static IEnumerable<string> Everything => Table.Select(row => row.Name);

    public static bool TryParse(string name, out Permissions permission)
    {
        permission = Array.Find(Table, row => row.Name == name).Permission;
        return permission != default;
    }

    public static Permissions Parse(IEnumerable<string> names) =>
        names.Aggregate(Permissions.None, (all, name) => TryParse(name, out var one) ? all | one : all);

    public static IEnumerable<string> NamesOf(Permissions permissions) =>
        Table.Where(row => permissions.HasFlag(row.Permission)).Select(row => row.Name);
}
