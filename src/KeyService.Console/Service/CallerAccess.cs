using KeyService.Contracts.V1;

namespace KeyService.AdminConsole.Service;

/// <summary>What the person may do in one workspace, as the service says. What they may not do is not shown as if they could.</summary>
public sealed record CallerAccess(string WorkspaceId, IReadOnlySet<string> Permissions, IReadOnlyList<string> Workspaces, bool AllWorkspaces)
{
    public bool MayRead => Permissions.Contains("keys:read");

    public bool MayWrite => Permissions.Contains("keys:write");

    public bool MayReveal => Permissions.Contains("keys:reveal");

    public bool MayAudit => Permissions.Contains("keys:audit");

    public static CallerAccess Of(string workspaceId, GetCallerResponse caller) =>
        new(workspaceId, caller.Permissions.ToHashSet(StringComparer.Ordinal), [.. caller.Workspaces], caller.AllWorkspaces);
}
