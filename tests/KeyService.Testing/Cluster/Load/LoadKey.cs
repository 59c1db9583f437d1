using KeyService.Contracts.V1;

namespace KeyService.Testing.Cluster.Load;

/// <summary>A key that a load switches on and off.</summary>
internal sealed record LoadKey(string WorkspaceId, string KeyId, string ApiKey)
{
    /// <summary>What its writer asked for last.</summary>
    public KeyStatus Status { get; set; } = KeyStatus.Enabled;
}
