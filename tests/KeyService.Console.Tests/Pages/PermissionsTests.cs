using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>What a person may not do is not shown as if they could.</summary>
public sealed class PermissionsTests(Browser browser)
{
    private readonly string _workspace = Issuing.NewWorkspace();

    [Fact]
    public async Task Who_may_only_read_is_offered_nothing_else()
    {
        var key = (await browser.Server.IssueAsync(_workspace, "Trading bot")).Key;
        await using var visitor = await SignedInAsync("keys:read");
        var page = visitor.Page;

        var toggle = page.Toggle("Trading bot");
        await Expect(toggle).ToHaveAttributeAsync("aria-disabled", "true");
        await Expect(toggle).ToHaveAttributeAsync("title", "You may not switch keys in this workspace");
        await toggle.ClickAsync(new() { Force = true });
        await toggle.FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(page.Button("Create API Auth Key")).ToHaveCountAsync(0);
        await Expect(page.Button("Copy API Auth Key")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" })).ToHaveCountAsync(0);
        await visitor.ShouldBeAccessibleAsync("read-only");

        await page.GetByRole(AriaRole.Link, new() { Name = "Trading bot" }).ClickAsync();
        await Expect(page.Heading("Key details")).ToBeVisibleAsync();
        await Expect(page.Toggle("Trading bot")).ToHaveAttributeAsync("aria-disabled", "true");
        await Expect(page.Button("Copy API Auth Key")).ToHaveCountAsync(0);
        await Expect(page.GetByText("What was done with it")).ToHaveCountAsync(0);
        (await browser.Server.GetAsync(key)).Status.ShouldBe(KeyStatus.Enabled);
    }

    [Fact]
    public async Task Who_may_only_read_an_empty_workspace_is_told_why_there_is_no_button()
    {
        await using var visitor = await SignedInAsync("keys:read");

        await Expect(visitor.Page.GetByText("You may look, but not create keys in this workspace.")).ToBeVisibleAsync();
        await Expect(visitor.Page.Button("Create API Auth Key")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_may_write_but_not_reveal_creates_and_switches_and_copies_nothing_later()
    {
        await using var visitor = await SignedInAsync("keys:read", "keys:write");
        var page = visitor.Page;

        await (await page.OpenCreateDialogAsync("Mine")).Button("Create Now").ClickAsync();

        await Expect(page.GetByLabel("API Auth Key", new() { Exact = true })).ToContainTextAsync("ks_live_");
        await Expect(page.Row("Mine")).ToBeVisibleAsync();
        await Expect(page.Button("Copy API Auth Key")).ToHaveCountAsync(0);
        await page.Toggle("Mine").ClickAsync();
        await page.DisableAsync();
        await Expect(page.Toggle("Mine")).Not.ToBeCheckedAsync();
    }

    [Fact]
    public async Task Who_may_reveal_copies_and_the_audit_trail_of_others_stays_closed()
    {
        var created = await browser.Server.IssueAsync(_workspace, "Trading bot");
        await using var visitor = await SignedInAsync("keys:read", "keys:reveal");
        var page = visitor.Page;

        await page.Row("Trading bot").Button("Copy API Auth Key").ClickAsync();
        await Expect(page.Notice("The API Auth Key is on your clipboard.")).ToBeVisibleAsync();
        (await visitor.ClipboardAsync()).ShouldBe(created.ApiKey);

        await page.GotoAsync($"/audit/{_workspace}");
        await Expect(page.GetByText("You may not see the audit trail of this workspace")).ToBeVisibleAsync();
        await visitor.ShouldBeAccessibleAsync("no-audit");
    }

    [Fact]
    public async Task Who_may_only_audit_sees_that_and_no_keys()
    {
        var key = (await browser.Server.IssueAsync(_workspace, "Trading bot")).Key;
        await using var visitor = await SignedInAsync("keys:audit");
        var page = visitor.Page;

        await Expect(page.GetByText("You may not see the keys of this workspace")).ToBeVisibleAsync();
        await Expect(page.Button("Create API Auth Key")).ToHaveCountAsync(0);
        await page.GotoAsync($"/audit/{_workspace}");
        await Expect(page.GetByText("Created the key")).ToBeVisibleAsync();
        await page.GotoAsync($"/open-api/{_workspace}/keys/{key.KeyId}");
        await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "You do not have permission" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_may_write_but_not_read_still_creates()
    {
        await using var visitor = await SignedInAsync("keys:write");
        var page = visitor.Page;
        await Expect(page.GetByText("You may not see the keys of this workspace")).ToBeVisibleAsync();

        await (await page.OpenCreateDialogAsync("Unseen")).Button("Create Now").ClickAsync();

        await Expect(page.GetByLabel("API Auth Key", new() { Exact = true })).ToContainTextAsync("ks_live_");
        (await browser.Server.ListAsync(_workspace)).ShouldHaveSingleItem().Name.ShouldBe("Unseen");
    }

    [Fact]
    public async Task In_a_workspace_that_is_not_theirs_they_are_told_and_offered_theirs()
    {
        var other = Issuing.NewWorkspace();
        await browser.Server.IssueAsync(other, "Not theirs");
        await browser.Server.IssueAsync(_workspace, "Theirs");
        await using var visitor = await SignedInAsync("keys:read", "keys:write");
        var page = visitor.Page;
        await Expect(page.Row("Theirs")).ToBeVisibleAsync();

        await page.GotoAsync($"/open-api/{other}");
        await Expect(page.GetByText("You may not see the keys of this workspace")).ToBeVisibleAsync();
        await Expect(page.GetByText("Not theirs")).ToHaveCountAsync(0);
        await Expect(page.Button("Create API Auth Key")).ToHaveCountAsync(0);

        var picker = page.GetByLabel("Workspace", new() { Exact = true });
        await Expect(picker).ToBeEnabledAsync();
        (await page.Locator("#workspaces option").EvaluateAllAsync<string[]>("all => all.map(one => one.value)")).ShouldContain(_workspace);
        await picker.FillAsync(_workspace);
        await picker.PressAsync("Enter");
        await Expect(page.Row("Theirs")).ToBeVisibleAsync();
        page.Url.ShouldEndWith($"/open-api/{_workspace}");
    }

    [Fact]
    public async Task A_workspace_picked_by_its_name_is_opened_only_where_they_may()
    {
        await browser.Server.IssueAsync(_workspace, "Theirs");
        await using var visitor = await SignedInAsync("keys:read");
        var page = visitor.Page;
        var picker = page.GetByLabel("Workspace", new() { Exact = true });
        await Expect(page.Row("Theirs")).ToBeVisibleAsync();

        foreach (var (text, told) in new[] { ("elsewhere", "You have no permission in this workspace"), ("a b", "1 to 64 letters, digits, _ or -") })
        {
            await picker.FillAsync(text);
            await page.Keyboard.PressAsync("Tab");
            await Expect(page.GetByText(told)).ToBeVisibleAsync();
        }

        page.Url.ShouldEndWith($"/open-api/{_workspace}");
    }

    /// <summary>Not even for the moment in which it is not yet known.</summary>
    [Fact]
    public async Task From_a_workspace_to_one_where_they_may_less_nothing_is_shown_too_long()
    {
        var other = Issuing.NewWorkspace();
        await browser.Server.IssueAsync(_workspace, "Here");
        await using var visitor = await SignedInAsync("keys:read", "keys:write");
        var page = visitor.Page;
        await Expect(page.Row("Here")).ToBeVisibleAsync();
        await page.EvaluateAsync("""
            other => {
                window.seen = [];
                new MutationObserver(() => {
                    if (location.pathname.endsWith(other) && document.querySelector('main').innerText.includes('permission to do this')) window.seen.push('refused');
                }).observe(document.body, { childList: true, subtree: true, characterData: true });
            }
            """, other);

        await page.EvaluateAsync("other => Blazor.navigateTo(`/open-api/${other}`)", other);

        await Expect(page.GetByText("You may not see the keys of this workspace")).ToBeVisibleAsync();
        (await page.EvaluateAsync<string[]>("() => window.seen")).ShouldBeEmpty();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    private async Task<Visitor> SignedInAsync(params string[] permissions)
    {
        var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync(_workspace, await browser.Server.IssueCredentialAsync(permissions, _workspace));
        return visitor;
    }
}
