using Microsoft.AspNetCore.Http;

namespace KeyService.AdminConsole.Layout;

/// <summary>Light or dark, in a cookie: the first paint has the right colours.</summary>
internal static class ColourScheme
{
    private const string Cookie = "keyservice-scheme";
    private const string Dark = "dark";
    private const string Light = "light";

    public static bool IsDark(HttpRequest? request) => request?.Cookies[Cookie] == Dark;

    /// <summary>What the browser prefers, until the person chooses.</summary>
    public static void Begin(HttpContext http, string? preferred)
    {
        if (!http.Request.Cookies.ContainsKey(Cookie)) Choose(http, preferred);
    }

    /// <summary>Anything but the two is not kept.</summary>
    public static void Choose(HttpContext http, string? scheme)
    {
        if (scheme is not (Dark or Light)) return;
        http.Response.Cookies.Append(Cookie, scheme, new()
        {
            HttpOnly = true, Secure = http.Request.IsHttps, SameSite = SameSiteMode.Lax, MaxAge = TimeSpan.FromDays(365), Path = "/",
        });
    }
}
