using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>The parts of the pages, by the names that other programs rely on.</summary>
internal static class Parts
{
    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static ILocator Button(this ILocator part, string name) => part.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static ILocator Field(this ILocator part, string label) => part.GetByLabel(label, new() { Exact = true });

    public static ILocator Heading(this IPage page, string name) => page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    public static ILocator Toggle(this IPage page, string keyName) => page.GetByRole(AriaRole.Switch, new() { Name = $"Status of {keyName}", Exact = true });

    /// <summary>Of a table's body.</summary>
    public static ILocator Rows(this IPage page) => page.Locator("table.keys tbody tr");

    public static ILocator Row(this IPage page, string text) => page.Rows().Filter(new() { HasText = text });

    /// <summary>The names of the keys that the list shows, from the top.</summary>
    public static ILocator KeyNames(this IPage page) => page.Locator("table.keys .name a");

    public static ILocator CreateDialog(this IPage page) => page.GetByRole(AriaRole.Dialog, new() { Name = "Create API Auth Key" });

    /// <summary>Until the page that came with the document is replaced by the one that answers.</summary>
    public static Task WhenInteractiveAsync(this IPage page) => page.Locator("#main[data-page]").WaitForAsync();

    /// <summary>
    /// Until the address matches the pattern. The browser's driver asks for it again and again: WaitForURLAsync misses a navigation
    /// that ends between its look at the address and the beginning of its wait.
    /// </summary>
    public static Task ShouldReachAsync(this IPage page, string pattern) =>
        Expect(page).ToHaveURLAsync(new Regex(pattern), new() { Timeout = 30_000 });

    public static async Task<ILocator> OpenCreateDialogAsync(this IPage page, string name = "")
    {
        await page.Button("Create API Auth Key").ClickAsync();
        var dialog = page.CreateDialog();
        // The dialog hears Enter by then; Escape is heard a moment later (CloseByEscapeAsync).
        await Expect(dialog.Field("Key Name")).ToBeFocusedAsync();
        if (name.Length > 0) await dialog.Field("Key Name").FillAsync(name);
        return dialog;
    }

    /// <summary>
    /// Presses Escape at once, and a second time when the part is still there after 5 s: a dialog hears the key when its script is
    /// connected, which is a moment after it has the focus.
    /// </summary>
    public static async Task CloseByEscapeAsync(this IPage page, ILocator part)
    {
        await page.Keyboard.PressAsync("Escape");
        try
        {
            await Expect(part).ToHaveCountAsync(0, new() { Timeout = 5_000 });
        }
        catch (PlaywrightException)
        {
            await page.Keyboard.PressAsync("Escape");
            await Expect(part).ToHaveCountAsync(0);
        }
    }

    /// <summary>In the dialog: a key whose API key is not kept.</summary>
    public static async Task ChooseShownOnceAsync(this ILocator dialog)
    {
        await dialog.GetByText("More options").ClickAsync();
        await dialog.GetByLabel("Show the API Auth Key only once").CheckAsync();
    }

    public static ILocator Notice(this IPage page, string text) => page.Locator(".mud-snackbar").Filter(new() { HasText = text }).First;

    /// <summary>Says yes to the question that switching off asks.</summary>
    public static async Task DisableAsync(this IPage page, string reason = "")
    {
        var dialog = page.GetByRole(AriaRole.Dialog);
        if (reason.Length > 0) await dialog.Field("Reason (Optional)").FillAsync(reason);
        await dialog.Button("Disable").ClickAsync();
    }

    /// <summary>Until what moves or fades has come to its end; not what goes on for longer than a second, as a spinner does.</summary>
    public static async Task WaitForAnimationsAsync(this IPage page)
    {
        await DeliberateDelay.ForAsync(50, "what was just shown begins to move with the next frame");
        await page.WaitForFunctionAsync("""
            () => document.getAnimations().every(animation => {
                const remaining = animation.effect?.getComputedTiming().endTime - animation.currentTime;
                return animation.playState !== 'running' || !(remaining <= 1000);
            })
            """);
    }

    /// <summary>Nothing is cut off, and nobody has to move the page sideways to read it.</summary>
    public static async Task ShouldFitAsync(this IPage page, string where)
    {
        var wide = await page.EvaluateAsync<string[]>("""
            () => {
                const root = document.documentElement;
                // Headings of cards are for who is read to.
                const isHidden = e => e.closest('.visually-hidden, .mud-ripple-effect') || (e.closest('thead') && getComputedStyle(e.closest('thead')).position === 'absolute');
                const out = [...document.querySelectorAll('main *, [role=dialog], [role=dialog] *, .mud-snackbar')]
                    .filter(e => { const box = e.getBoundingClientRect(); return box.width > 1 && (box.right > root.clientWidth + 1 || box.left < -1); })
                    .filter(e => !isHidden(e));
                const cut = [...document.querySelectorAll('.table-frame *')].filter(e => {
                    const [box, frame] = [e.getBoundingClientRect(), e.closest('.table-frame').getBoundingClientRect()];
                    return box.width > 1 && (box.right > frame.right + 1 || box.left < frame.left - 1) && !isHidden(e);
                });
                const page = root.scrollWidth > root.clientWidth ? [`the page: ${root.scrollWidth} > ${root.clientWidth}`] : [];
                return [...page, ...[...out, ...cut].map(e => e.outerHTML.slice(0, 160))];
            }
            """);
        wide.ShouldBeEmpty(where);
    }
}
