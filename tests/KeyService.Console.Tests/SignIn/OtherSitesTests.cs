using System.Net;
using KeyService.AdminConsole.SignIn;
using KeyService.AdminConsole.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>What who is not signed in, or not here, gets: nothing.</summary>
public sealed class OtherSitesTests(Browser browser)
{
    [Fact]
    public async Task A_page_s_connection_is_for_who_is_signed_in()
    {
        using var stranger = new HttpVisitor(browser.Server);

        (await stranger.SendAsync(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1")).StatusCode.ShouldNotBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.BadRequest)]
    [InlineData("X-Nothing", "1", HttpStatusCode.BadRequest)]
    public async Task Another_origin_changes_nothing(string header, string value, HttpStatusCode answered)
    {
        using var session = await HttpVisitor.SignInAsync(browser.Server);

        (await session.SendAsync(HttpMethod.Post, "/session/touch", header, value)).StatusCode.ShouldBe(answered);
        if (answered != HttpStatusCode.Forbidden) return;
        (await session.SendAsync(HttpMethod.Get, "/_blazor?id=1", header, value)).StatusCode.ShouldBe(answered);
    }

    /// <summary>By long polling or server-sent events a page would be open without a socket that is counted.</summary>
    [Fact]
    public async Task A_page_s_connection_is_a_WebSocket()
    {
        using var session = await HttpVisitor.SignInAsync(browser.Server);
        using var negotiated = await session.SendAsync(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        negotiated.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var connection = System.Text.Json.JsonDocument.Parse(await negotiated.Content.ReadAsStringAsync());
        var address = $"/_blazor?id={connection.RootElement.GetProperty("connectionToken").GetString()}";

        (await session.SendAsync(HttpMethod.Get, address)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await session.SendAsync(HttpMethod.Get, address, "Accept", "text/event-stream")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await session.SendAsync(HttpMethod.Post, address)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    public async Task Over_plain_HTTP_it_is_for_this_machine_alone(string header, string value)
    {
        using var stranger = new HttpVisitor(browser.Server);

        var answer = await stranger.SendAsync(HttpMethod.Get, "/sign-in", header, value);

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("The console needs HTTPS");
    }

    /// <summary>With the cookie alone nothing is posted: the page has a token besides, and sends it.</summary>
    [Fact]
    public async Task What_the_page_posts_by_itself_needs_its_token()
    {
        using var session = await HttpVisitor.SignInAsync(browser.Server);
        using var copy = session.CopyTo(browser.Server);
        var token = await session.ReadTokenAsync("/open-api/posted");
        (await session.SendAsync(HttpMethod.Post, "/session/idle")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await session.GetAsync("/open-api/posted")).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var path in (string[])["/session/touch", "/session/idle"])
        {
            using var answer = await session.SendAsync(HttpMethod.Post, path, "RequestVerificationToken", token);
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        (await copy.GetAsync("/open-api/posted")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_copy_of_the_cookie_is_worth_nothing_after_the_sign_out()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync("copied");
        using var copy = await HttpVisitor.CopyOfAsync(visitor);
        (await copy.GetAsync("/open-api/copied")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(visitor.Page.GetByText("You are signed out.")).ToBeVisibleAsync();

        (await copy.GetAsync("/open-api/copied")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Nor_at_another_replica_nor_after_a_restart()
    {
        await using var store = new TestStore();
        await using var here = await TestServer.StartInProcessAsync(store);
        await using var there = await TestServer.StartInProcessAsync(store);
        await using var visitor = await browser.OpenAsync(here);
        await visitor.OpenKeysAsync("copied");
        using var copy = await HttpVisitor.CopyOfAsync(visitor);
        using var other = copy.CopyTo(there);
        (await other.GetAsync("/open-api/copied")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(visitor.Page.GetByText("You are signed out.")).ToBeVisibleAsync();
        await DeliberateDelay.ForAsync(EndedSessions.Pause, "the longest that a process may take to learn of it");

        (await other.GetAsync("/open-api/copied")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await using var later = await TestServer.StartInProcessAsync(store);
        using var again = copy.CopyTo(later);
        (await again.GetAsync("/open-api/copied")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    /// <summary>A session's check costs a decryption, and for an unknown key a look into the database.</summary>
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/v1/caller")]
    public async Task What_is_not_the_console_does_not_look_at_sessions(string path)
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(
            store, ("Logging__LogLevel__Microsoft.AspNetCore.Authentication", "Trace"));
        using var session = await HttpVisitor.SignInAsync(server);
        (await session.GetAsync("/open-api/looked-at")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await SessionIsLoggedAsync(after: 0);
        var before = SessionLines().Count;

        (await session.GetAsync(path)).Headers.Contains("Set-Cookie").ShouldBeFalse();

        // Lines are written in order: once the line of a later page is there, those of this request would be there.
        (await session.GetAsync("/open-api/looked-at")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await SessionIsLoggedAsync(before);
        SessionLines().Skip(before).ShouldHaveSingleItem();

        List<string> SessionLines() => server.Output.Where(line => line.Contains("AuthenticationScheme: Cookies")).ToList();

        Task SessionIsLoggedAsync(int after) => Eventually.IsTrueAsync(
            () => SessionLines().Skip(after).Any(line => line.Contains("Cookies was successfully authenticated")),
            "a page's session is logged");
    }
}
