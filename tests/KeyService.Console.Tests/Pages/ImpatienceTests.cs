using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>People who click twice, do not wait, or click while nobody listens.</summary>
public sealed class ImpatienceTests(Browser browser)
{
    [Fact]
    public async Task Two_clicks_open_one_dialog()
    {
        var workspace = Issuing.NewWorkspace();
        await browser.Server.IssueAsync(workspace, "Trading bot");
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        foreach (var twice in (ILocator[])[page.Toggle("Trading bot"), page.Button("Create API Auth Key")])
        {
            await twice.DblClickAsync();
            await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
            await DeliberateDelay.ForAsync(500, "a second dialog would open meanwhile");
            await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(1);
            await page.Keyboard.PressAsync("Escape");
            await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task A_pause_in_a_search_keeps_the_space_before_it()
    {
        var workspace = Issuing.NewWorkspace();
        await browser.Server.IssueAsync(workspace, "Trading bot");
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        var search = page.GetByLabel("Search", new() { Exact = true });
        await search.PressSequentiallyAsync("Trading ");
        await page.ShouldReachAsync(@"\?q=Trading$");
        await DeliberateDelay.ForAsync(500, "longer than the pause after which a search is sent");
        await search.PressSequentiallyAsync("bot");
        await page.ShouldReachAsync(@"\?q=Trading%20bot$");

        await Expect(search).ToHaveValueAsync("Trading bot");
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_click_beside_the_dialog_loses_nothing()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(Issuing.NewWorkspace());
        var dialog = await page.OpenCreateDialogAsync("Trading bot");
        await page.Mouse.ClickAsync(10, 400);
        await DeliberateDelay.ForAsync(500, "the dialog would close meanwhile");

        await Expect(dialog.Field("Key Name")).ToHaveValueAsync("Trading bot");
    }

    [Fact]
    public async Task Who_leaves_the_dialog_while_it_works_is_told_of_the_key_all_the_same()
    {
        await using var split = await SplitService.StartProcessesAsync();
        await using var visitor = await browser.OpenAsync(split.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("impatient", split.Service.RootCredential);
        var dialog = await page.OpenCreateDialogAsync("Trading bot");
        Signals.Send(split.Service.Id, Signals.Stop);
        try
        {
            await dialog.Button("Create Now").ClickAsync();
            await Expect(dialog.Button("Creating…")).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("Escape");
            await Expect(dialog).ToHaveCountAsync(0);
        }
        finally
        {
            Signals.Send(split.Service.Id, Signals.Continue);
        }

        await Expect(page.Notice("was created")).ToBeVisibleAsync();
        await Expect(page.Locator("#new-api-key")).ToBeVisibleAsync();
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_API_key_that_is_shown_once_waits_while_its_person_looks_elsewhere()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(Issuing.NewWorkspace());
        var dialog = await page.OpenCreateDialogAsync("Shown once");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.GetByLabel("Show the API Auth Key only once").CheckAsync();
        await dialog.Button("Create Now").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Shown once", Exact = true }).ClickAsync();
        await Expect(page.Heading("Key details")).ToBeVisibleAsync();
        await Expect(page.Locator("#new-api-key")).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Link, new() { Name = "All keys" }).ClickAsync();
        await Expect(page.Locator("#new-api-key")).ToContainTextAsync("ks_live_");
        await page.Button("Hide the API Auth Key").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Open API" }).ClickAsync();
        await Expect(page.Row("Shown once")).ToBeVisibleAsync();
        await Expect(page.Locator("#new-api-key")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_colours_that_somebody_chose_stay()
    {
        await using var visitor = await browser.OpenAsync(options: new() { Dark = true });
        var page = visitor.Page;
        await visitor.OpenKeysAsync(Issuing.NewWorkspace());
        await Expect(page.Locator("html[data-scheme=dark]")).ToHaveCountAsync(1);
        var kept = page.WaitForResponseAsync(answer => answer.Url.EndsWith("/session/scheme", StringComparison.Ordinal));
        await page.Button("Use light colours").ClickAsync();
        (await kept).Status.ShouldBe(204);

        await page.ReloadAsync();
        await Expect(page.Locator("html[data-scheme=light]")).ToHaveCountAsync(1);
        await Expect(page.Button("Use dark colours")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Switching_off_says_that_it_is_under_way()
    {
        await using var split = await SplitService.StartProcessesAsync();
        await split.Service.IssueAsync("impatient", "Trading bot");
        await using var visitor = await browser.OpenAsync(split.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("impatient", split.Service.RootCredential);
        await page.Toggle("Trading bot").ClickAsync();
        Signals.Send(split.Service.Id, Signals.Stop);
        try
        {
            await page.DisableAsync();
            await Expect(page.Row("Trading bot")).ToContainTextAsync("Switching…");
        }
        finally
        {
            Signals.Send(split.Service.Id, Signals.Continue);
        }

        await Expect(page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
    }

    [Fact]
    public async Task What_is_typed_or_shown_once_outlives_a_console_that_went_away()
    {
        await using var split = await SplitService.StartAsync();
        await using var visitor = await browser.OpenAsync(split.Console);
        visitor.Expected.AddRange(["WebSocket", "Failed to", "ERR_CONNECTION", "Connection disconnected", "ERR_EMPTY", "circuit"]);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("impatient", split.Service.RootCredential);
        var dialog = await page.OpenCreateDialogAsync("Shown once");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.GetByLabel("Show the API Auth Key only once").CheckAsync();
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.GetByText("This is the only time that it is shown.")).ToBeVisibleAsync();
        var apiKey = await page.Locator("#new-api-key").InnerTextAsync();
        await Expect(page.Row("Shown once")).ToBeVisibleAsync();
        dialog = await page.OpenCreateDialogAsync("Typed with care");

        await split.StopConsoleAsync();
        await Expect(page.Locator("#connection")).ToContainTextAsync("Reconnecting…");
        await dialog.Button("Create Now").ClickAsync();
        await split.StartConsoleAsync();
        await Expect(page.Locator("#connection")).ToContainTextAsync("The console was restarted", new() { Timeout = 30_000 });
        await Expect(dialog.Field("Key Name")).ToHaveValueAsync("Typed with care");
        await page.Button("Copy key").DispatchEventAsync("click");
        await Expect(page.Locator("#connection")).ToContainTextAsync("on your clipboard");
        (await visitor.ClipboardAsync()).ShouldBe(apiKey);

        await page.Button("Reload").ClickAsync();
        await Expect(page.Row("Shown once")).ToBeVisibleAsync(new() { Timeout = 30_000 });
    }
}
