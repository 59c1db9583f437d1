using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Net.Http.Headers;
using Microsoft.Playwright;
using Cookie = Microsoft.Playwright.Cookie;
using SameSiteMode = Microsoft.Net.Http.Headers.SameSiteMode;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>A client of the console without a browser: it sends the sign-in form and requests with the session's cookies.</summary>
internal sealed partial class HttpVisitor : IDisposable
{
    private readonly HttpClient _http;
    private readonly ConcurrentDictionary<string, SetCookieHeaderValue> _cookies = new(StringComparer.Ordinal);
    private string _token = "";

    /// <param name="server">The console's server.</param>
    /// <param name="forwardedFor"><c>X-Forwarded-For</c> of all requests, as of a proxy that ends TLS; null: no proxy.</param>
    public HttpVisitor(TestServer server, string? forwardedFor = null)
    {
        _http = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.HttpAddress };
        if (forwardedFor is null) return;
        _http.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        _http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
    }

    /// <summary>A session of a credential.</summary>
    /// <param name="server">The console's server.</param>
    /// <param name="credential">Null: the root credential.</param>
    /// <param name="isDark">Which colours the browser prefers, as the page's script fills it in.</param>
    public static async Task<HttpVisitor> SignInAsync(TestServer server, string? credential = null, bool isDark = false)
    {
        var visitor = new HttpVisitor(server);
        await visitor.OpenSignInAsync();
        (await visitor.SendCredentialAsync(credential ?? server.RootCredential, isDark)).ShouldBe(HttpStatusCode.Found);
        return visitor;
    }

    /// <summary>Another client with a copy of a browser's cookies.</summary>
    public static async Task<HttpVisitor> CopyOfAsync(Visitor visitor)
    {
        var copy = new HttpVisitor(visitor.Server);
        foreach (var cookie in await visitor.Context.CookiesAsync()) copy._cookies[cookie.Name] = new(cookie.Name, cookie.Value);
        return copy;
    }

    /// <summary>Another client with a copy of the cookies. Responses to one do not change those of the other.</summary>
    /// <param name="server">The console that the copy is sent to.</param>
    public HttpVisitor CopyTo(TestServer server)
    {
        var copy = new HttpVisitor(server);
        foreach (var (name, cookie) in _cookies) copy._cookies[name] = cookie;
        return copy;
    }

    /// <summary>The session as a browser keeps it.</summary>
    public IEnumerable<Cookie> CookiesOfBrowser() => _cookies.Values.Select(cookie => new Cookie
    {
        Name = cookie.Name.ToString(),
        Value = cookie.Value.ToString(),
        Domain = _http.BaseAddress!.Host,
        Path = cookie.Path.ToString() is { Length: > 0 } path ? path : "/",
        HttpOnly = cookie.HttpOnly,
        Secure = cookie.Secure,
        SameSite = cookie.SameSite switch
        {
            SameSiteMode.Strict => SameSiteAttribute.Strict, SameSiteMode.None => SameSiteAttribute.None, _ => SameSiteAttribute.Lax,
        },
    });

    /// <summary>Takes the form's cookie and token.</summary>
    public async Task OpenSignInAsync() => _token = await ReadTokenAsync("/sign-in");

    /// <summary>The antiforgery token of a page's form.</summary>
    public async Task<string> ReadTokenAsync(string path)
    {
        using var page = await GetAsync(path);
        var token = Token().Match(await page.Content.ReadAsStringAsync());
        token.Success.ShouldBeTrue($"{path} has a form");
        return token.Groups["token"].Value;
    }

    public async Task<HttpStatusCode> SendCredentialAsync(string credential, bool isDark = false)
    {
        using var form = new FormUrlEncodedContent(
            [new("credential", credential), new("scheme", isDark ? "dark" : "light"), new("__RequestVerificationToken", _token)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/session/credential", UriKind.Relative)) { Content = form };
        using var response = await SendAsync(request);
        return response.StatusCode;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? header = null, string value = "")
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (header is not null) request.Headers.TryAddWithoutValidation(header, value).ShouldBeTrue();
        return await SendAsync(request);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Cookies are sent by hand: a cookie for TLS alone is not sent by a client that sees none.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        if (!_cookies.IsEmpty)
            request.Headers.Add("Cookie", string.Join("; ", _cookies.Values.Select(cookie => $"{cookie.Name}={cookie.Value}")));
        var response = await _http.SendAsync(request);
        if (!response.Headers.TryGetValues("Set-Cookie", out var set)) return response;
        foreach (var cookie in SetCookieHeaderValue.ParseList([.. set]))
        {
            if (cookie.Value.Length == 0) _cookies.TryRemove(cookie.Name.ToString(), out _);
            else _cookies[cookie.Name.ToString()] = cookie;
        }

        return response;
    }

    [GeneratedRegex(
        "name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
