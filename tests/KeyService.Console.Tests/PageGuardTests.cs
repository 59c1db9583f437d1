using Microsoft.AspNetCore.Http;

namespace KeyService.AdminConsole.Tests;

public sealed class PageGuardTests
{
    [Theory]
    [InlineData("localhost", false)]
    [InlineData("localhost:8080", false)]
    [InlineData("127.0.0.1:8080", false)]
    [InlineData("[::1]:8080", false)]
    [InlineData("keys.example.com", true)]
    public async Task A_browser_keeps_to_HTTPS_but_not_for_all_of_its_own_machine(string host, bool keeps)
    {
        var http = Ask(host);

        await PageGuard.InvokeAsync(http, _ => Task.CompletedTask);

        (http.Response.Headers.StrictTransportSecurity.Count > 0).ShouldBe(keeps);
    }

    [Fact]
    public async Task Who_is_refused_for_another_origin_reads_why()
    {
        var http = Ask("keys.example.com");
        http.Request.Method = HttpMethods.Post;
        http.Request.Headers.Origin = "https://10.0.0.1";
        using var body = new MemoryStream();
        http.Response.Body = body;

        await PageGuard.InvokeAsync(http, _ => throw new InvalidOperationException("It went on."));

        http.Response.StatusCode.ShouldBe(StatusCodes.Status403Forbidden);
        System.Text.Encoding.UTF8.GetString(body.ToArray()).ShouldContain("X-Forwarded-Host");
    }

    /// <summary>Routes match in any case.</summary>
    [Theory]
    [InlineData("/_blazor")]
    [InlineData("/_Blazor")]
    [InlineData("/_BLAZOR/negotiate")]
    public async Task A_page_s_connection_is_not_for_another_origin_however_its_path_is_written(string path)
    {
        var http = Ask("keys.example.com");
        http.Request.Path = path;
        http.Request.Headers.Origin = "https://evil.example";

        await PageGuard.InvokeAsync(http, _ => throw new InvalidOperationException("It went on."));

        http.Response.StatusCode.ShouldBe(StatusCodes.Status403Forbidden);
    }

    [Theory]
    [InlineData("https://keys.example.com", "", true)]
    [InlineData("", "same-origin", true)]
    [InlineData("https://keys.example.com", "same-origin", true)]
    [InlineData("", "", false)]
    [InlineData("", "none", false)]
    [InlineData("null", "", false)]
    [InlineData("http://keys.example.com", "", false)]
    [InlineData("https://keys.example.com", "cross-site", false)]
    [InlineData("https://evil.example", "same-origin", false)]
    public void Only_what_the_browser_says_is_of_this_origin_is(string origin, string site, bool isOf)
    {
        var request = Ask("keys.example.com").Request;
        request.Method = HttpMethods.Post;
        if (origin.Length > 0) request.Headers.Origin = origin;
        if (site.Length > 0) request.Headers["Sec-Fetch-Site"] = site;

        PageGuard.IsOfThisOrigin(request).ShouldBe(isOf);
    }

    private static DefaultHttpContext Ask(string host) => new() { Request = { Scheme = "https", Host = new(host), Method = HttpMethods.Get, Path = "/sign-in" } };
}
