using Microsoft.AspNetCore.Components;

namespace KeyService.AdminConsole.SignIn;

/// <summary>The way from a page to <see cref="SessionEndpoints.AgainPath"/>.</summary>
internal static class SessionCheck
{
    /// <summary>The service says that the session's credential does not hold: to whoever knows better, and back here or to the sign-in.</summary>
    public static void CheckSession(this NavigationManager navigation) =>
        navigation.NavigateTo($"{SessionEndpoints.AgainPath}?return={Uri.EscapeDataString(new Uri(navigation.Uri).PathAndQuery)}", forceLoad: true);
}
