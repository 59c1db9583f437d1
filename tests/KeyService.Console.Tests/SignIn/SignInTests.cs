using System.Net;
using System.Text.RegularExpressions;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>Who gets in, who does not, and what is left behind.</summary>
public sealed class SignInTests(Browser browser)
{
    private static string Forged(string credential) => credential[..^1] + (credential[^1] == '0' ? '1' : '0');

    [Fact]
    public async Task A_credential_that_does_not_hold_is_told_and_not_shown_again()
    {
        await using var visitor = await browser.OpenAsync();
        visitor.Expected.Add("401");
        var page = visitor.Page;
        var wrong = Forged(browser.Server.RootCredential);
        await page.GotoAsync("/");
        await page.GetByLabel("Credential", new() { Exact = true }).FillAsync(wrong);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not hold");
        (await page.ContentAsync()).ShouldNotContain(wrong);
        page.Url.ShouldNotContain(wrong);
        await visitor.TakePictureAsync("sign-in-refused");
        await visitor.ShouldBeAccessibleAsync("sign-in-refused");
        await visitor.SignInAsync();
    }

    [Fact]
    public async Task An_API_key_of_a_customer_is_no_credential()
    {
        var created = await browser.Server.Client.CreateKeyAsync(new() { WorkspaceId = "customers", Name = "theirs" }, browser.Server.Root);
        await using var visitor = await browser.OpenAsync();
        visitor.Expected.Add("401");
        await visitor.Page.GotoAsync("/");
        await visitor.Page.GetByLabel("Credential", new() { Exact = true }).FillAsync(created.ApiKey);
        await visitor.Page.Keyboard.PressAsync("Enter");

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not hold");
    }

    [Theory]
    [InlineData("/open-api/elsewhere?q=a", "/open-api/elsewhere?q=a")]
    [InlineData("//evil.example/", "/open-api/default")]
    [InlineData("/\\evil.example/", "/open-api/default")]
    [InlineData("https://evil.example/", "/open-api/default")]
    [InlineData("/sign-in", "/open-api/default")]
    public async Task After_it_one_is_where_one_wanted_to_be_and_never_elsewhere(string wanted, string reached)
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.SignInAsync(path: $"/sign-in?return={Uri.EscapeDataString(wanted)}");

        await visitor.Page.ShouldReachAsync($"^{Regex.Escape(new Uri(browser.Server.HttpAddress, reached).ToString())}$");
    }

    [Fact]
    public async Task Cookies_are_for_the_server_alone_and_hold_nothing_that_can_be_read()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync("cookies");

        var cookies = (await visitor.Context.CookiesAsync()).ToDictionary(cookie => cookie.Name);
        (cookies["keyservice-session"].HttpOnly, cookies["keyservice-session"].SameSite).ShouldBe((true, SameSiteAttribute.Lax));
        (cookies["keyservice-form"].HttpOnly, cookies["keyservice-form"].SameSite).ShouldBe((true, SameSiteAttribute.Lax));
        cookies.Values.ShouldAllBe(cookie => cookie.HttpOnly && !cookie.Value.Contains(browser.Server.RootCredential));
        (await visitor.Page.EvaluateAsync<int>("() => localStorage.length + sessionStorage.length")).ShouldBe(0);
        (await visitor.Page.ContentAsync()).ShouldNotContain(browser.Server.RootCredential);
    }

    [Fact]
    public async Task A_credential_that_is_switched_off_ends_its_session()
    {
        var request = new CreateKeyRequest { WorkspaceId = "system", Name = "for a while", Scopes = { "keys:read" }, PermittedWorkspaces = { "ended" } };
        var credential = await browser.Server.Client.CreateKeyAsync(request, browser.Server.Root);
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync("ended", credential.ApiKey);
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();

        await browser.Server.Client.SetStatusAsync(new() { WorkspaceId = "system", KeyId = credential.Key.KeyId, Status = KeyStatus.Disabled }, browser.Server.Root);
        await visitor.Page.ReloadAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended");
        await visitor.SignInAsync(path: visitor.Page.Url);
        await visitor.Page.ShouldReachAsync("/open-api/ended$");
    }

    [Fact]
    public async Task A_restart_and_a_second_process_sign_nobody_out()
    {
        await using var store = new TestStore();
        await using var first = await TestServer.StartInProcessAsync(store);
        await using var second = await TestServer.StartInProcessAsync(store);
        await using var visitor = await browser.OpenAsync(first);
        visitor.Expected.Add("asked elsewhere");
        await visitor.OpenKeysAsync("stays");

        // Cookies do not know ports.
        await visitor.Page.GotoAsync(new Uri(second.HttpAddress, "/open-api/stays").ToString());
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        visitor.Expected.Add("Failed to");
        visitor.Expected.Add("ERR_CONNECTION");
        visitor.Expected.Add("WebSocket");
        await visitor.Page.GotoAsync("about:blank");
        await first.StopAsync();
        await second.StopAsync();
        await using var third = await TestServer.StartInProcessAsync(store);
        await visitor.Page.GotoAsync(new Uri(third.HttpAddress, "/open-api/stays").ToString());
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_form_of_another_site_signs_nobody_in()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = browser.Server.HttpAddress };
        using var form = new FormUrlEncodedContent([new("credential", browser.Server.RootCredential)]);

        var answer = await http.PostAsync(new Uri("/session/credential", UriKind.Relative), form);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        answer.Headers.Contains("Set-Cookie").ShouldBeTrue("a new form");
        answer.Headers.GetValues("Set-Cookie").ShouldAllBe(cookie => !cookie.StartsWith("keyservice-session", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/")]
    [InlineData("/nothing-here")]
    [InlineData("/_content/KeyService.Console/console.js")]
    public async Task Every_answer_says_what_a_browser_may_do_with_it(string path)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = browser.Server.HttpAddress };
        var answer = await http.GetAsync(new Uri(path, UriKind.Relative));

        var policy = answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("script-src 'self';");
        policy.ShouldContain("frame-ancestors 'none'");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.GetValues("Referrer-Policy").ShouldBe(["same-origin"]);
    }
}
