using System.Net;
using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>Sign-in at a real issuer. The console calls the service as the person, so the service decides what they may do.</summary>
public sealed class OidcTests(Browser browser, IssuedService shared) : IClassFixture<IssuedService>
{
    private static readonly string[] Everything = ["keys:read", "keys:write", "keys:reveal", "keys:audit"];

    [Fact]
    public async Task A_person_signs_in_and_the_audit_trail_names_them()
    {
        await using var visitor = await shared.OpenAsync(browser, new("alice", Everything) { Name = "Alice Example" });
        var page = visitor.Page;
        await page.GotoAsync("/");
        await visitor.TakePictureAsync("sign-in-issuer");
        await visitor.ShouldBeAccessibleAsync("sign-in-issuer");
        await SignInAsync(page);

        await Expect(page.GetByText("Alice Example")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create API Auth Key", Exact = true }).ClickAsync();
        await page.GetByLabel("Key Name", new() { Exact = true }).FillAsync("by alice");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create Now", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Switch, new() { Name = "Status of by alice" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" }).ClickAsync();

        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Created the key" });
        await Expect(row).ToContainTextAsync("oidc:alice");
        await Expect(row).ToContainTextAsync("Alice Example");
    }

    [Fact]
    public async Task What_a_person_may_do_is_what_the_issuer_says_of_each_workspace()
    {
        await using var visitor = await shared.OpenAsync(browser, new("bob", "keys:read@mine", "keys:write@mine", "keys:read@theirs"));
        await visitor.Page.GotoAsync("/");
        await SignInAsync(visitor.Page);

        await visitor.Page.ShouldReachAsync("/open-api/mine$");
        await Expect(visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Create API Auth Key", Exact = true })).ToBeVisibleAsync();
        await visitor.Page.GotoAsync("/open-api/theirs");
        await Expect(visitor.Page.GetByText("You may look, but not create keys in this workspace.")).ToBeVisibleAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Create API Auth Key" })).ToHaveCountAsync(0);
        await visitor.Page.GotoAsync("/open-api/elsewhere");
        await Expect(visitor.Page.GetByText("You may not see the keys of this workspace")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Whom_the_issuer_does_not_let_in_is_told()
    {
        await using var service = await IssuedService.StartAsync();
        await using var visitor = await browser.OpenAsync(service.Server);
        visitor.Expected.Add("asked elsewhere");
        service.Issuer.SignedIn = null;
        await visitor.Page.GotoAsync("/open-api/wanted");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your account" }).ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your account could not be signed in.");
        await LoggedAsync(service, "access_denied");
        service.Issuer.Set(new("heidi", Everything));
        service.Issuer.SignedIn = "heidi";
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your account" }).ClickAsync();
        await visitor.Page.ShouldReachAsync("/open-api/wanted$");
    }

    [Fact]
    public async Task A_token_that_is_for_somebody_else_is_told_and_logged()
    {
        await using var service = await IssuedService.StartAsync();
        await using var visitor = await service.OpenAsync(browser, new("ivan", Everything) { Audience = "another" });
        await visitor.Page.GotoAsync("/");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your account" }).ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your account could not be signed in.");
        await LoggedAsync(service, "The service does not take the access token.");
    }

    [Fact]
    public async Task An_issuer_that_is_away_is_told_and_logged()
    {
        await using var service = await IssuedService.StartAsync();
        await using var visitor = await service.OpenAsync(browser, new("judy", Everything));
        await service.Issuer.StopAsync();
        await visitor.Page.GotoAsync("/");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your account" }).ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your account could not be signed in.");
        await LoggedAsync(service, service.Issuer.Authority);
    }

    [Fact]
    public async Task What_went_wrong_with_a_credential_is_beside_its_form()
    {
        await using var visitor = await browser.OpenAsync(shared.Server);
        visitor.Expected.Add("401");
        await visitor.Page.GotoAsync("/");
        await visitor.Page.GetByText("Use a credential instead").ClickAsync();
        await visitor.Page.GetByLabel("Credential", new() { Exact = true }).FillAsync("nothing that holds");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not hold");
        await Expect(visitor.Page.GetByLabel("Credential", new() { Exact = true })).ToBeVisibleAsync();
        await visitor.TakePictureAsync("sign-in-issuer-refused");
        await visitor.ShouldBeAccessibleAsync("sign-in-issuer-refused");
    }

    [Fact]
    public async Task Who_signs_out_may_sign_out_at_the_issuer_too()
    {
        await using var visitor = await shared.OpenAsync(browser, new("erin", Everything));
        var page = visitor.Page;
        await page.GotoAsync("/");
        await SignInAsync(page);
        await Expect(page.Heading("API Key Generation (Open API)")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("You are signed out of the console.");
        await visitor.TakePictureAsync("signed-out-issuer");
        await visitor.ShouldBeAccessibleAsync("signed-out-issuer");
        shared.Issuer.SignedIn.ShouldBe("erin");

        await page.GetByRole(AriaRole.Link, new() { Name = "Sign out there too" }).ClickAsync();
        await page.ShouldReachAsync(@"/sign-in\?problem=SignedOut$");
        await Expect(page.GetByText("You are signed out.")).ToBeVisibleAsync();
        shared.Issuer.SignedIn.ShouldBeNull();
    }

    [Fact]
    public async Task An_issuer_that_is_away_keeps_nobody_from_signing_out()
    {
        await using var service = await IssuedService.StartAsync();
        await using var visitor = await service.OpenAsync(browser, new("frank", Everything));
        await visitor.Page.GotoAsync("/");
        await SignInAsync(visitor.Page);
        await Expect(visitor.Page.Heading("API Key Generation (Open API)")).ToBeVisibleAsync();
        await service.Issuer.StopAsync();
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("You are signed out");
        await visitor.Page.GotoAsync("/");
        await visitor.Page.ShouldReachAsync("/sign-in");
    }

    [Fact]
    public async Task Who_signs_in_again_leaves_no_session_behind()
    {
        await using var visitor = await shared.OpenAsync(browser, new("grace", Everything));
        await visitor.Page.GotoAsync("/");
        await SignInAsync(visitor.Page);
        using var copy = await HttpVisitor.CopyOfAsync(visitor);
        (await copy.GetAsync("/open-api/default")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await visitor.Page.GotoAsync("/sign-in/link");
        await SignInAsync(visitor.Page);

        (await copy.GetAsync("/open-api/default")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_credential_still_signs_in()
    {
        await using var visitor = await browser.OpenAsync(shared.Server);
        await visitor.Page.GotoAsync("/");
        await visitor.Page.GetByText("Use a credential instead").ClickAsync();
        await visitor.Page.GetByLabel("Credential", new() { Exact = true }).FillAsync(shared.Server.RootCredential);
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();

        await Expect(visitor.Page.Heading("API Key Generation (Open API)")).ToBeVisibleAsync();
    }

    private static Task LoggedAsync(IssuedService service, string reason) => Eventually.IsTrueAsync(
        () => service.Server.Output.Any(line => line.Contains("Somebody was not signed in at the OpenID Connect issuer: ") && line.Contains(reason)),
        "the reason is logged");

    private static Task SignInAsync(IPage page) => IssuedService.SignInAsync(page);
}
