using KeyService.Server.Keys;

namespace KeyService.Benchmarks.Micro;

/// <summary>A key like that of a wallet application.</summary>
internal static class Samples
{
    public static KeyRecord Record(string workspaceId, string[] scopes) => new()
    {
        KeyId = KeyIds.New(TimeProvider.System),
        WorkspaceId = workspaceId,
        Name = "Wallet",
        Environment = KeyEnvironment.Live,
        Status = KeyStatus.Enabled,
        Hint = "ks_live_...aB3d",
        Recoverable = true,
        Scopes = scopes,
        PermittedWorkspaces = workspaceId == Workspaces.System ? [Workspaces.All] : [],
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "wallets" },
        CreateTime = DateTimeOffset.UnixEpoch,
        UpdateTime = DateTimeOffset.UnixEpoch,
        CreatedBy = "root",
        Revision = 42,
    };
}
