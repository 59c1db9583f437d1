using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>The toggle shows what the service said, and what happened is told.</summary>
public sealed class SwitchTests(Browser browser)
{
    private readonly string _workspace = Issuing.NewWorkspace();

    [Fact]
    public async Task Off_asks_once_and_the_reason_reaches_the_key()
    {
        var (visitor, page, key) = await WithKeyAsync();
        await using var _ = visitor;

        await page.Toggle("Trading bot").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).Button("Cancel").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(page.Toggle("Trading bot")).ToBeCheckedAsync();
        (await browser.Server.GetAsync(key)).ShouldBe(key);

        await page.Toggle("Trading bot").ClickAsync();
        await page.DisableAsync(" Laptop lost ");
        await Expect(page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
        await Expect(page.Row("Trading bot")).ToContainTextAsync("Disabled");
        await Expect(page.Notice("enforced on")).ToBeVisibleAsync();
        var off = await browser.Server.GetAsync(key);
        (off.Status, off.StatusReason).ShouldBe((KeyStatus.Disabled, "Laptop lost"));

        await page.Toggle("Trading bot").ClickAsync();
        await Expect(page.Toggle("Trading bot")).ToBeCheckedAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        (await browser.Server.GetAsync(key)).Status.ShouldBe(KeyStatus.Enabled);
    }

    [Fact]
    public async Task Off_without_a_reason_and_by_Enter()
    {
        var (visitor, page, key) = await WithKeyAsync();
        await using var _ = visitor;

        await page.Toggle("Trading bot").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog).Field("Reason (Optional)")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
        (await browser.Server.GetAsync(key)).StatusReason.ShouldBe("");
    }

    [Fact]
    public async Task Who_switches_off_what_somebody_switched_off_meanwhile_is_told_and_theirs_stays()
    {
        var (visitor, page, key) = await WithKeyAsync();
        await using var _ = visitor;
        var other = await visitor.NewTabAsync();
        await other.GotoAsync($"/open-api/{_workspace}");
        await other.Toggle("Trading bot").ClickAsync();
        await other.DisableAsync("first");
        await Expect(other.Toggle("Trading bot")).Not.ToBeCheckedAsync();

        await Expect(page.Toggle("Trading bot")).ToBeCheckedAsync();
        await page.Toggle("Trading bot").ClickAsync();
        await page.DisableAsync("second");

        await Expect(page.Notice("was switched off elsewhere meanwhile")).ToBeVisibleAsync();
        await Expect(page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
        (await browser.Server.GetAsync(key)).StatusReason.ShouldBe("first");
    }

    /// <summary>It is on as the person saw it, though by another change: what they decided still holds.</summary>
    [Fact]
    public async Task Who_switches_off_what_was_off_and_on_again_meanwhile_gets_what_they_asked_for()
    {
        var (visitor, page, key) = await WithKeyAsync();
        await using var _ = visitor;
        await browser.Server.SwitchAsync(key, KeyStatus.Disabled);
        await browser.Server.SwitchAsync(key, KeyStatus.Enabled);

        await page.Toggle("Trading bot").ClickAsync();
        await page.DisableAsync("mine");

        await Expect(page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
        await Expect(page.Notice("enforced on")).ToBeVisibleAsync();
        var off = await browser.Server.GetAsync(key);
        (off.Status, off.StatusReason).ShouldBe((KeyStatus.Disabled, "mine"));
    }

    [Fact]
    public async Task While_a_process_does_not_answer_it_is_told_by_when_and_later_that_it_is_everywhere()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);
        await using var frozen = await TestServer.StartAsync(store);
        await using var visitor = await browser.OpenAsync(server);
        var page = visitor.Page;
        await server.IssueAsync(_workspace, "Trading bot");
        await visitor.OpenKeysAsync(_workspace);
        await Expect(page.Toggle("Trading bot")).ToBeCheckedAsync();
        await frozen.SuspendAsync();
        try
        {
            await page.Toggle("Trading bot").ClickAsync();
            await page.DisableAsync();

            await Expect(page.Notice("It is enforced everywhere by")).ToBeVisibleAsync();
            await Expect(page.Row("Trading bot").GetByText("Enforced everywhere by")).ToBeVisibleAsync();
            await Expect(page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
            await visitor.ShouldBeAccessibleAsync("pending");
            await visitor.TakePictureAsync("pending");
        }
        finally
        {
            frozen.Resume();
        }

        await Expect(page.Notice("is disabled everywhere now")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(page.GetByText("Enforced everywhere by")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task When_the_service_is_gone_the_toggle_shows_what_it_said_last()
    {
        await using var split = await SplitService.StartAsync();
        var key = (await split.Service.IssueAsync(_workspace, "Trading bot")).Key;
        await using var visitor = await browser.OpenAsync(split.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace, split.Service.RootCredential);
        await Expect(page.Toggle("Trading bot")).ToBeCheckedAsync();
        await split.StopServiceAsync();

        await page.Toggle("Trading bot").ClickAsync();
        await page.DisableAsync("lost");
        await Expect(page.Notice("The service did not say that “Trading bot” was switched.")).ToBeVisibleAsync();
        await Expect(page.Toggle("Trading bot")).ToBeCheckedAsync();
        await Expect(page.Toggle("Trading bot")).Not.ToHaveAttributeAsync("aria-busy", "true");

        await split.StartServiceAsync();
        await page.Toggle("Trading bot").ClickAsync();
        await page.DisableAsync("lost");
        await Expect(page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
        (await split.Service.GetAsync(key)).StatusReason.ShouldBe("lost");
    }

    private async Task<(Visitor Visitor, IPage Page, Key Key)> WithKeyAsync()
    {
        var key = (await browser.Server.IssueAsync(_workspace, "Trading bot")).Key;
        var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync(_workspace);
        await Expect(visitor.Page.Toggle("Trading bot")).ToBeCheckedAsync();
        return (visitor, visitor.Page, key);
    }
}
