using Microsoft.AspNetCore.Components;

namespace KeyService.AdminConsole.Layout;

/// <summary>Where things are in the console. An id may be in a path, an API key never.</summary>
internal static class ConsolePaths
{
    public static string Keys(string workspaceId) => $"/open-api/{Uri.EscapeDataString(workspaceId)}";

    public static string Key(string workspaceId, string keyId) => $"{Keys(workspaceId)}/keys/{Uri.EscapeDataString(keyId)}";

    /// <summary>The service says that the session's credential does not hold: to whoever knows better, and back here or to the sign-in.</summary>
    public static void CheckSession(this NavigationManager navigation) =>
        navigation.NavigateTo($"/session/again?return={Uri.EscapeDataString(new Uri(navigation.Uri).PathAndQuery)}", forceLoad: true);

    public static string Audit(string workspaceId) => $"/audit/{Uri.EscapeDataString(workspaceId)}";
}
