using System.Net;
using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>Who signs out is out, whatever happened to the page before, and nobody is told so who is not.</summary>
public sealed class SignOutTests(Browser browser)
{
    private const string Elsewhere = "http://elsewhere.example/";

    [Fact]
    public async Task Signing_out_ends_it_in_every_tab()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync("sign-out");
        var other = await visitor.NewTabAsync();
        await other.GotoAsync("/open-api/sign-out");
        await Expect(other.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();

        await SignOutAsync(visitor.Page);

        await Expect(visitor.Page.GetByText("You are signed out.")).ToBeVisibleAsync();
        await Expect(other.GetByLabel("Credential", new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_link_from_another_site_leaves_the_open_pages_their_forms()
    {
        await using var visitor = await browser.OpenAsync();
        visitor.Expected.Add("asked elsewhere");
        await visitor.OpenKeysAsync("linked");
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        var other = await visitor.NewTabAsync();
        await other.RouteAsync(Elsewhere, route => route.FulfillAsync(new()
        {
            ContentType = "text/html", Body = $"<a href=\"{new Uri(browser.Server.HttpAddress, "/open-api/linked")}\">The console</a>",
        }));
        await other.GotoAsync(Elsewhere);
        await other.GetByRole(AriaRole.Link, new() { Name = "The console" }).ClickAsync();
        await Expect(other.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();

        (await visitor.Page.EvaluateAsync<int>(
            "() => fetch('/session/touch', { method: 'POST', headers: { RequestVerificationToken: document.querySelector('.sign-out input').value } }).then(answer => answer.status)"))
            .ShouldBe(204);
        await SignOutAsync(visitor.Page);
        await ShouldBeOutAsync(visitor.Page, "linked");
    }

    [Fact]
    public async Task A_page_whose_form_does_not_hold_any_more_signs_out_all_the_same()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync("old-form");
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        await visitor.Context.ClearCookiesAsync(new() { Name = "keyservice-form" });

        await SignOutAsync(visitor.Page);

        await ShouldBeOutAsync(visitor.Page, "old-form");
    }

    [Theory]
    [InlineData("/session/sign-out", "Origin", "{own}", true)]
    [InlineData("/session/sign-out", "Sec-Fetch-Site", "same-origin", true)]
    [InlineData("/session/idle", "Sec-Fetch-Site", "same-origin", true)]
    [InlineData("/session/sign-out", "Origin", "null", false)]
    [InlineData("/session/sign-out", "Origin", "http://evil.example", false)]
    [InlineData("/session/sign-out", "Sec-Fetch-Site", "none", false)]
    [InlineData("/session/sign-out", "X-Nothing", "1", false)]
    [InlineData("/session/idle", "X-Nothing", "1", false)]
    public async Task Without_its_form_a_session_ends_where_the_browser_says_that_its_own_page_asks(string path, string header, string value, bool ends)
    {
        using var session = await HttpVisitor.SignInAsync(browser.Server);
        using var copy = session.CopyTo(browser.Server);
        (await copy.GetAsync("/open-api/origin")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var own = browser.Server.HttpAddress.GetLeftPart(UriPartial.Authority);

        using var answer = await session.SendAsync(HttpMethod.Post, path, header, value.Replace("{own}", own, StringComparison.Ordinal));

        ((int)answer.StatusCode < 400).ShouldBe(ends);
        (await copy.GetAsync("/open-api/origin")).StatusCode.ShouldBe(ends ? HttpStatusCode.Redirect : HttpStatusCode.OK);
    }

    [Fact]
    public async Task Other_tabs_are_told_of_what_was_done_and_not_of_what_was_asked()
    {
        await using var visitor = await browser.OpenAsync();
        visitor.Expected.Add("400");
        await visitor.OpenKeysAsync("refused");
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        var other = await visitor.NewTabAsync();
        await other.GotoAsync("/open-api/refused");
        await Expect(other.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        await other.EvaluateAsync("() => { window.heard = []; new BroadcastChannel('keyservice').onmessage = event => window.heard.push(event.data); }");
        await visitor.Page.RouteAsync("**/session/sign-out", async route =>
        {
            var page = await visitor.Context.APIRequest.GetAsync("/sign-in?problem=Stale", new() { FailOnStatusCode = false });
            await route.FulfillAsync(new() { Status = 400, ContentType = "text/html", Body = await page.TextAsync() });
        });

        await SignOutAsync(visitor.Page);
        await Expect(visitor.Page.GetByText("This page was open for too long.")).ToBeVisibleAsync();
        // Messages of one page come in their order: what was said before the last has been heard by then.
        await visitor.Page.WaitForFunctionAsync("() => document.readyState === 'complete' && sessionStorage.length === 0");
        await visitor.Page.EvaluateAsync("() => new BroadcastChannel('keyservice').postMessage('present')");
        await other.WaitForFunctionAsync("() => window.heard?.at(-1) === 'present'");

        (await other.EvaluateAsync<string[]>("() => window.heard")).ShouldNotContain("signed-out");
    }

    [Fact]
    public async Task Who_signs_in_again_leaves_no_session_behind()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync("again");
        using var copy = await HttpVisitor.CopyOfAsync(visitor);
        (await copy.GetAsync("/open-api/again")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await visitor.SignInAsync(path: "/sign-in/link");

        (await copy.GetAsync("/open-api/again")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await visitor.Page.GotoAsync("/open-api/again");
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
    }

    private static Task SignOutAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

    private static async Task ShouldBeOutAsync(IPage page, string workspace)
    {
        await Expect(page.GetByText("You are signed out.")).ToBeVisibleAsync();
        await page.GotoAsync($"/open-api/{workspace}");
        await Expect(page.GetByLabel("Credential", new() { Exact = true })).ToBeVisibleAsync();
    }
}
