using Grpc.Core;
using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>Tokens live for minutes, people at the console for hours.</summary>
[TakesLong]
public sealed class TokenEndTests(Browser browser)
{
    private static readonly string[] Everything = ["keys:read", "keys:write", "keys:reveal", "keys:audit"];

    [Fact]
    public async Task A_token_that_ends_is_replaced_with_what_the_person_may_do_by_then()
    {
        await using var service = await IssuedService.StartAsync();
        await using var visitor = await service.OpenAsync(browser, new("carol", Everything) { Lifetime = TimeSpan.FromSeconds(5) });
        await visitor.Page.GotoAsync("/");
        await IssuedService.SignInAsync(visitor.Page);
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();

        service.Issuer.Set(new("carol", "keys:read") { Lifetime = TimeSpan.FromSeconds(5) });
        // Past its end, and the service's tolerance for clocks.
        await DeliberateDelay.ForAsync(TimeSpan.FromSeconds(6), "past the end of the token", TestContext.Current.CancellationToken);
        await visitor.Page.ReloadAsync();

        await Expect(visitor.Page.GetByText("You may look, but not create keys in this workspace.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_token_that_cannot_be_replaced_ends_the_session()
    {
        await using var service = await IssuedService.StartAsync();
        await using var visitor = await service.OpenAsync(browser, new("dave", Everything) { Lifetime = TimeSpan.FromSeconds(5) });
        await visitor.Page.GotoAsync("/");
        await IssuedService.SignInAsync(visitor.Page);
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();

        await service.Issuer.StopAsync();
        await DeliberateDelay.ForAsync(TimeSpan.FromSeconds(6), "past the end of the token", TestContext.Current.CancellationToken);
        await visitor.Page.ReloadAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your account" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_was_typed_for_longer_than_a_token_lasts_makes_a_key()
    {
        await using var service = await IssuedService.StartAsync();
        var person = new TestPerson("ken", Everything) { Lifetime = TimeSpan.FromSeconds(5) };
        await using var visitor = await service.OpenAsync(browser, person);
        var page = visitor.Page;
        var dialog = await TypeAsync(page);
        await EndAsync(service, person);

        await dialog.Button("Create Now").ClickAsync();

        await Expect(page.Notice("was created")).ToBeVisibleAsync();
        await Expect(page.Row("Typed with care")).ToBeVisibleAsync();
        (await service.Server.ListAsync("default")).ShouldHaveSingleItem();
        (await page.EvaluateAsync<bool>("() => window.notReloaded === true")).ShouldBeTrue();
    }

    [Fact]
    public async Task What_was_typed_stays_when_the_token_cannot_be_replaced()
    {
        await using var service = await IssuedService.StartAsync();
        var person = new TestPerson("lea", Everything) { Lifetime = TimeSpan.FromSeconds(5) };
        await using var visitor = await service.OpenAsync(browser, person);
        visitor.Expected.Add("401");
        var page = visitor.Page;
        var dialog = await TypeAsync(page);
        await EndAsync(service, person);
        await service.Issuer.StopAsync();

        await dialog.Button("Create Now").ClickAsync();

        await Expect(page.Locator("#connection")).ToContainTextAsync("of a session that has ended. Keep what you need of it, then reload.");
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended.");
        await Expect(dialog.Field("Key Name")).ToHaveValueAsync("Typed with care");
        await visitor.TakePictureAsync("session-ended");
        await visitor.ShouldBeAccessibleAsync("session-ended");
        await page.Button("Reload").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your account" })).ToBeVisibleAsync();
    }

    private static async Task<ILocator> TypeAsync(IPage page)
    {
        await page.GotoAsync("/");
        await IssuedService.SignInAsync(page);
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        await page.EvaluateAsync("() => { window.notReloaded = true; }");
        return await page.OpenCreateDialogAsync("Typed with care");
    }

    /// <summary>Until the service takes no token any more that is as old as the page's, which is half a minute after it ended.</summary>
    private static async Task EndAsync(IssuedService service, TestPerson person)
    {
        var token = await service.Issuer.TokenAsync(person);
        await Eventually.IsTrueAsync(
            async () =>
            {
                try
                {
                    await service.Server.Client.GetCallerAsync(new(), TestServer.As(token));
                    await DeliberateDelay.ForAsync(500, "the rate of the calls", TestContext.Current.CancellationToken);
                    return false;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unauthenticated)
                {
                    return true;
                }
            },
            "the token ends",
            seconds: 90);
    }
}
