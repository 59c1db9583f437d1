using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>What goes away and comes back costs nobody what they had typed, and nobody has to reload.</summary>
public sealed class AwayTests(Browser browser)
{
    [Fact]
    public async Task A_service_that_does_not_answer_is_told_and_the_page_is_there_when_it_does()
    {
        await using var split = await SplitService.StartAsync();
        await split.Service.IssueAsync("away", "Trading bot");
        await using var visitor = await browser.OpenAsync(split.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("away", split.Service.RootCredential);
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();

        await split.StopServiceAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" }).ClickAsync();
        await Expect(Told(page)).ToContainTextAsync("This page tries again by itself.");
        await visitor.ShouldBeAccessibleAsync("away");
        await page.GotoAsync("/open-api/away");
        await Expect(Told(page)).ToBeVisibleAsync();
        await page.Locator("body").EvaluateAsync("() => { window.notReloaded = true; }");

        await split.StartServiceAsync();
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Expect(Told(page)).ToHaveCountAsync(0);
        (await page.EvaluateAsync<bool>("() => window.notReloaded === true")).ShouldBeTrue("by itself");
    }

    [Fact]
    public async Task A_list_that_was_there_stays_while_the_next_page_waits_for_the_service()
    {
        await using var split = await SplitService.StartAsync();
        await split.Service.IssueAsync("away", "Trading bot");
        await using var visitor = await browser.OpenAsync(split.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("away", split.Service.RootCredential);
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        await split.StopServiceAsync();

        await page.Button("Key Name").ClickAsync();
        await Expect(Told(page)).ToBeVisibleAsync();
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();

        await split.StartServiceAsync();
        await Expect(Told(page)).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        await Expect(page.GetByText("Loading the keys…")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task What_was_typed_for_a_new_key_is_kept_and_sent_again_makes_one()
    {
        await using var split = await SplitService.StartAsync();
        await using var visitor = await browser.OpenAsync(split.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("away", split.Service.RootCredential);
        var dialog = await page.OpenCreateDialogAsync("Trading bot");
        await dialog.Field("Key Description (Optional)").FillAsync("Typed with care");
        await split.StopServiceAsync();

        await dialog.Button("Create Now").ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("it will not be created twice");
        await Expect(dialog.Field("Key Name")).ToHaveValueAsync("Trading bot");
        await Expect(dialog.Field("Key Description (Optional)")).ToHaveValueAsync("Typed with care");
        await split.StartServiceAsync();
        // By a person who is in a hurry.
        await Eventually.IsTrueAsync(
            async () =>
            {
                await page.EvaluateAsync("() => [...document.querySelectorAll('[role=dialog] button')].find(button => button.innerText.includes('Create Now'))?.click()");
                return await dialog.CountAsync() == 0;
            },
            "the dialog closes");

        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        var key = (await split.Service.ListAsync("away")).ShouldHaveSingleItem();
        key.Description.ShouldBe("Typed with care");
    }

    /// <summary>The answer is lost on its way, not the request: the key is there, and who sends it again gets that one.</summary>
    [Fact]
    public async Task A_key_whose_answer_was_lost_is_not_created_twice()
    {
        await using var split = await SplitService.StartProcessesAsync();
        await using var visitor = await browser.OpenAsync(split.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("away", split.Service.RootCredential);
        var dialog = await page.OpenCreateDialogAsync("Trading bot");

        Signals.Send(split.Service.Id, Signals.Stop);
        try
        {
            await dialog.Button("Create Now").ClickAsync();
            await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("it will not be created twice");
        }
        finally
        {
            Signals.Send(split.Service.Id, Signals.Continue);
        }

        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        (await split.Service.ListAsync("away")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_console_that_was_restarted_is_there_again_by_itself_and_nobody_is_signed_out()
    {
        await using var split = await SplitService.StartAsync();
        await split.Service.IssueAsync("away", "Trading bot");
        await using var visitor = await browser.OpenAsync(split.Console);
        visitor.Expected.AddRange(["WebSocket", "Failed to", "ERR_CONNECTION", "Connection disconnected", "ERR_EMPTY", "circuit"]);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("away", split.Service.RootCredential);
        await page.GotoAsync("/open-api/away?sort=name");
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();

        await split.StopConsoleAsync();
        await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "The connection to the console is lost. Reconnecting…" })).ToBeVisibleAsync();
        await visitor.TakePictureAsync("console-away");
        await split.StartConsoleAsync();

        await Expect(page.Locator("#connection")).ToBeHiddenAsync(new() { Timeout = 30_000 });
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        page.Url.ShouldEndWith("/open-api/away?sort=name");
        await page.Toggle("Trading bot").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
    }

    private static ILocator Told(IPage page) => page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "The service does not answer right now." });
}
