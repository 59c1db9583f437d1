namespace KeyService.AdminConsole.Layout;

/// <summary>Where things are in the console. An id may be in a path, an API key never.</summary>
internal static class ConsolePaths
{
    /// <summary>The workspace whose keys are the credentials of the service itself.</summary>
    public const string SystemWorkspace = "system";

    public static string Keys(string workspaceId) => $"/open-api/{Uri.EscapeDataString(workspaceId)}";

    public static string Key(string workspaceId, string keyId) => $"{Keys(workspaceId)}/keys/{Uri.EscapeDataString(keyId)}";

    public static string Audit(string workspaceId) => $"/audit/{Uri.EscapeDataString(workspaceId)}";
}
