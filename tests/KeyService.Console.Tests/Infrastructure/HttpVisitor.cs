using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>A client of the console without a browser: it sends the sign-in form and requests with the session's cookies.</summary>
internal sealed partial class HttpVisitor : IDisposable
{
    private readonly HttpClient _http;
    private readonly ConcurrentDictionary<string, string> _cookies = new(StringComparer.Ordinal);
    private string _token = "";

    /// <param name="server">The console's server.</param>
    /// <param name="forwardedFor"><c>X-Forwarded-For</c> of all requests, over HTTPS; null: no proxy.</param>
    public HttpVisitor(ServerProcess server, string? forwardedFor = null)
    {
        _http = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.HttpAddress };
        if (forwardedFor is null) return;
        _http.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        _http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
    }

    /// <summary>A session of the root credential.</summary>
    public static async Task<HttpVisitor> SignInAsync(ServerProcess server)
    {
        var visitor = new HttpVisitor(server);
        await visitor.OpenSignInAsync();
        (await visitor.SendCredentialAsync(server.RootCredential)).ShouldBe(HttpStatusCode.Found);
        return visitor;
    }

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

    public async Task<HttpStatusCode> SendCredentialAsync(string credential)
    {
        using var form = new FormUrlEncodedContent([new("credential", credential), new("__RequestVerificationToken", _token)]);
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
        if (!_cookies.IsEmpty) request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        var response = await _http.SendAsync(request);
        if (!response.Headers.TryGetValues("Set-Cookie", out var set)) return response;
        foreach (var parts in set.Select(cookie => cookie.Split(';')[0].Split('=', 2)))
        {
            if (parts[1].Length == 0) _cookies.TryRemove(parts[0], out _);
            else _cookies[parts[0]] = parts[1];
        }

        return response;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
