using KeyService.AdminConsole.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>A page that does not work any more says so, and what is to be done.</summary>
[TakesLong]
public sealed class BrokenPageTests(Browser browser)
{
    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    public async Task A_page_that_never_got_its_connection_says_so(int answer)
    {
        var workspace = Issuing.NewWorkspace();
        await browser.Server.IssueAsync(workspace, "Trading bot");
        await using var visitor = await browser.OpenAsync();
        visitor.Expected.AddRange(["negotiat", "Failed to", "ERR_FAILED", "500", "Circuit host not initialized"]);
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();

        await page.RouteAsync("**/_blazor/negotiate**", route => answer == 0 ? route.AbortAsync() : route.FulfillAsync(new() { Status = answer }));
        await page.ReloadAsync();
        await Expect(page.Locator("#connection")).ToContainTextAsync("There is no connection to the console. Reload to try again.");

        await page.UnrouteAllAsync();
        await page.Button("Reload").ClickAsync();
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        await Expect(page.Locator("#connection")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_page_that_the_server_gave_up_says_so_and_what_was_shown_once_can_still_be_copied()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);
        server.ExpectedErrors.AddRange(["Unhandled exception in circuit", "broken by the test"]);
        await using var visitor = await browser.OpenAsync(server);
        visitor.Expected.AddRange(["broken by the test", "circuit", "error"]);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("broken");
        var dialog = await page.OpenCreateDialogAsync("Shown once");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.GetByLabel("Show the API Auth Key only once").CheckAsync();
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Row("Shown once")).ToBeVisibleAsync();
        var apiKey = await page.Locator("#new-api-key").InnerTextAsync();

        // The page does not show what it is sent, and the server lets go of it.
        await page.EvaluateAsync("() => { Node.prototype.insertBefore = () => { throw new Error('broken by the test'); }; }");
        await page.Button("Create API Auth Key").ClickAsync();

        await Expect(page.Locator("#connection")).ToContainTextAsync("Something went wrong, and this page does not work any more. Keep what you need of it, then reload.");
        await page.Button("Copy key").DispatchEventAsync("click");
        await Expect(page.Locator("#connection")).ToContainTextAsync("on your clipboard");
        (await visitor.ClipboardAsync()).ShouldBe(apiKey);
        await page.Button("Reload").ClickAsync();
        await Expect(page.Row("Shown once")).ToBeVisibleAsync();
    }

    /// <summary>A try to reconnect that the network broke is not the server's word that it does not know the page.</summary>
    [Fact]
    public async Task A_page_comes_back_through_a_network_that_fails_while_it_reconnects()
    {
        await using var split = await SplitService.StartProcessesAsync();
        await using var visitor = await browser.OpenAsync(split.Console);
        visitor.Expected.AddRange(["WebSocket", "Failed to", "ERR_", "Connection disconnected", "circuit", "negotiat", "Server timeout", "500"]);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("network", split.Service.RootCredential);
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        await page.EvaluateAsync("() => { window.notReloaded = true; }");
        var failed = 0;
        await page.RouteAsync("**/_blazor/negotiate**", route => ++failed <= 2 ? route.AbortAsync() : route.ContinueAsync());

        Signals.Send(split.Console.Id, Signals.Stop);
        try
        {
            await Expect(page.Locator("#connection")).ToContainTextAsync("Reconnecting…", new() { Timeout = 30_000 });
        }
        finally
        {
            Signals.Send(split.Console.Id, Signals.Continue);
        }

        await Expect(page.Locator("#connection")).ToBeHiddenAsync(new() { Timeout = 60_000 });
        failed.ShouldBeGreaterThan(2);
        (await page.EvaluateAsync<bool>("() => window.notReloaded === true")).ShouldBeTrue();
        await (await page.OpenCreateDialogAsync("Trading bot")).Button("Create Now").ClickAsync();
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
    }
}
