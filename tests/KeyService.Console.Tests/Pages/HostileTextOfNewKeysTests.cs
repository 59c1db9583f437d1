using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static KeyService.AdminConsole.Tests.Pages.HostileText;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>As <see cref="HostileTextTests"/>, in the dialog that creates a key.</summary>
[TakesLong]
public sealed class HostileTextOfNewKeysTests(Browser browser)
{
    public static TheoryData<int> Widths => new() { 360, 1440 };

    [Theory]
    [MemberData(nameof(Widths))]
    public async Task When_a_key_is_created(int width)
    {
        await using var visitor = await browser.OpenAsync(options: new() { Width = width });
        var page = visitor.Page;
        await visitor.OpenKeysAsync(Issuing.NewWorkspace());
        foreach (var name in (string[])[Names[0], Names[1], Names[6], Names[8]])
        {
            var dialog = await page.OpenCreateDialogAsync(name);
            await dialog.Field("Key Description (Optional)").FillAsync(Long);
            await page.ShouldFitAsync("dialog");
            await dialog.Button("Create Now").ClickAsync();
            await Expect(page.Locator("#new-key-title bdi")).ToHaveTextAsync(name);
            await Expect(page.Notice("was created")).ToContainTextAsync(name);
            await Expect(page.KeyNames().First).ToHaveTextAsync(name);
            await ShouldHoldAsync(visitor, $"hostile-created-{width}");
            await page.Button("Hide the API Auth Key").ClickAsync();
        }
    }
}
