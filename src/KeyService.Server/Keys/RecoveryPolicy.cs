using System.Collections.Frozen;

namespace KeyService.Server.Keys;

/// <summary>Where API keys may be shown again. Off stops both: keeping new ones and showing those that were kept.</summary>
internal sealed record RecoveryPolicy
{
    /// <summary><c>KeyService:Recoverable</c>: for the whole service.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary><c>KeyService:NonRecoverableWorkspaces</c>: where it is off all the same.</summary>
    public FrozenSet<string> NonRecoverableWorkspaces { get; init; } = [];

    /// <summary>Never for <c>system</c>: a credential that can be shown again is one that can be taken.</summary>
    public bool Allows(string workspaceId) =>
        Enabled && workspaceId != Workspaces.System && !NonRecoverableWorkspaces.Contains(workspaceId);
}
