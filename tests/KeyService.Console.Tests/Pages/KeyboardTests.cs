using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>Everything without a mouse, and one sees where one is.</summary>
public sealed class KeyboardTests(Browser browser)
{
    [Fact]
    public async Task The_whole_walk_by_keyboard_alone()
    {
        var workspace = Issuing.NewWorkspace();
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await page.GotoAsync($"/open-api/{workspace}");
        await Expect(page.GetByLabel("Credential", new() { Exact = true })).ToBeFocusedAsync();
        await page.Keyboard.InsertTextAsync(browser.Server.RootCredential);
        await page.Keyboard.PressAsync("Enter");

        var create = page.Button("Create API Auth Key");
        await Expect(create).ToBeVisibleAsync();
        await Expect(page.Heading("API Key Generation (Open API)")).ToBeFocusedAsync();
        await ReachAsync(page, create);
        await page.Keyboard.PressAsync("Enter");
        var dialog = page.CreateDialog();
        await Expect(dialog.Field("Key Name")).ToBeFocusedAsync();
        await page.CloseByEscapeAsync(dialog);
        await Expect(create).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("Enter");
        await Expect(dialog.Field("Key Name")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("By hand");
        await page.Keyboard.PressAsync("Tab");
        await Expect(dialog.Field("Key Description (Optional)")).ToBeFocusedAsync();
        await ShouldComeAroundAsync(page, "Tab");
        await ShouldComeAroundAsync(page, "Shift+Tab");
        await ReachAsync(page, dialog.Button("Create Now"));
        await page.Keyboard.PressAsync("Space");
        await Expect(page.Row("By hand")).ToBeVisibleAsync();

        var copy = page.Row("By hand").Button("Copy API Auth Key");
        await ReachAsync(page, copy);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Notice("on your clipboard")).ToBeVisibleAsync();
        await ReachAsync(page, page.Toggle("By hand"));
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByRole(AriaRole.Dialog).Field("Reason (Optional)")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("lost");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Toggle("By hand")).Not.ToBeCheckedAsync();
        await Expect(page.Toggle("By hand")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(page.Toggle("By hand")).ToBeCheckedAsync();

        await ReachAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "By hand", Exact = true }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Heading("Key details")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task The_first_stop_skips_to_the_content()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(Issuing.NewWorkspace());
        await Expect(page.Button("Create API Auth Key")).ToBeVisibleAsync();
        // Else it would have the focus later.
        await Expect(page.Heading("API Key Generation (Open API)")).ToBeFocusedAsync();
        var skip = page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" });
        await page.EvaluateAsync("() => document.activeElement.blur()");
        await ReachAsync(page, skip);
        await Expect(skip).ToBeInViewportAsync();
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.Locator("#main")).ToBeFocusedAsync();
        await Expect(page.Button("Create API Auth Key")).ToBeVisibleAsync();
    }

    /// <summary>A focus that comes from the server comes a round trip later, and takes what is typed by then into another field.</summary>
    [Fact]
    public async Task The_focus_moves_together_with_what_is_shown()
    {
        var workspace = Issuing.NewWorkspace();
        await browser.Server.IssueAsync(workspace, "Trading bot");
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();

        await WatchAsync("[role=dialog] input");
        await page.Button("Create API Auth Key").ClickAsync();
        await Expect(page.CreateDialog()).ToBeVisibleAsync();
        (await SeenAsync()).ShouldBe("Key Name");

        await page.CloseByEscapeAsync(page.CreateDialog());
        await WatchAsync("[data-page=KeyPage] h1");
        await page.GetByRole(AriaRole.Link, new() { Name = "Trading bot" }).ClickAsync();
        await Expect(page.Heading("Key details")).ToBeVisibleAsync();
        (await SeenAsync()).ShouldBe("Key details");

        // What has the focus at the moment at which such an element is there.
        Task WatchAsync(string selector) => page.EvaluateAsync("""
            selector => {
                window.seen = null;
                new MutationObserver((_, observer) => {
                    if (!document.querySelector(selector)) return;
                    const at = document.activeElement;
                    window.seen = at.labels?.[0]?.textContent ?? at.textContent;
                    observer.disconnect();
                }).observe(document.body, { childList: true, subtree: true, attributes: true });
            }
            """, selector);
        Task<string?> SeenAsync() => page.EvaluateAsync<string?>("() => window.seen");
    }

    /// <summary>The page behind a dialog is out of reach, at once: nobody waits for the server at its ends.</summary>
    private static async Task ShouldComeAroundAsync(IPage page, string press)
    {
        var stops = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 12; i++)
        {
            await page.Keyboard.PressAsync(press);
            var stop = await page.EvaluateAsync<string?>("""
                () => {
                    const at = document.activeElement;
                    return at.closest('[role=dialog]') && at.getBoundingClientRect().height > 0 ? at.id || at.textContent : null;
                }
                """);
            stops.Add(stop.ShouldNotBeNull($"{press}, {i}"));
        }

        // The name, the description, what is folded away, and two buttons.
        stops.Count.ShouldBe(5);
    }

    /// <summary>With Tab, and each stop on the way can be seen.</summary>
    private static async Task ReachAsync(IPage page, ILocator wanted)
    {
        for (var i = 0; i < 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            (await page.EvaluateAsync<bool>("""
                () => {
                    const at = document.activeElement;
                    if (at === document.body) return true;
                    const seen = one => one && (getComputedStyle(one).outlineStyle !== 'none' && parseFloat(getComputedStyle(one).outlineWidth) > 0);
                    return seen(at) || at.closest('.mud-input, .mud-input-control, .mud-dialog-container') !== null;
                }
                """)).ShouldBeTrue(await page.EvaluateAsync<string>("() => document.activeElement.outerHTML.slice(0, 200)"));
            if (await wanted.EvaluateAsync<bool>("one => one === document.activeElement")) return;
        }

        throw new InvalidOperationException($"Tab does not reach {wanted}.");
    }
}
