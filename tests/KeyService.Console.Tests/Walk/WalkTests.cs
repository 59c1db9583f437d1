using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Walk;

/// <summary>The walk that users of the wallet platform know, by the names that other programs rely on, with a picture of each step.</summary>
[TakesLong]
public sealed class WalkTests(Browser browser)
{
    public static readonly TheoryData<int, bool> Looks = new() { { 1440, false }, { 1440, true }, { 360, false }, { 360, true } };

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task A_person_creates_copies_and_switches_a_key(int width, bool dark)
    {
        await using var visitor = await browser.OpenAsync(options: new() { Width = width, Height = width == 360 ? 780 : 900, Dark = dark });
        var page = visitor.Page;
        var workspace = $"walk-{width}-{(dark ? "dark" : "light")}";
        Task Step(int number, string name) => StepAsync(visitor, $"{number:00}-{name}-{width}-{(dark ? "dark" : "light")}");

        await page.GotoAsync($"/open-api/{workspace}");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "KeyService" })).ToBeVisibleAsync();
        await Step(1, "sign-in");
        await visitor.OpenKeysAsync(workspace);

        if (width < 960) await page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Open API", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "API Key Generation (Open API)" })).ToBeVisibleAsync();
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        await Step(2, "empty");

        await page.GetByRole(AriaRole.Button, new() { Name = "Create API Auth Key", Exact = true }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Create API Auth Key" });
        await dialog.GetByLabel("Key Name", new() { Exact = true }).FillAsync("Trading bot");
        await dialog.GetByLabel("Key Description (Optional)", new() { Exact = true }).FillAsync("Places orders at night");
        await Step(3, "create");
        await dialog.GetByText("More options").ClickAsync();
        await Step(4, "more-options");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create Now", Exact = true }).ClickAsync();

        await Expect(page.GetByText("Success", new() { Exact = true }).First).ToBeVisibleAsync();
        await Expect(dialog).ToBeHiddenAsync();
        var shown = await page.GetByLabel("API Auth Key", new() { Exact = true }).InnerTextAsync();
        shown.ShouldStartWith("ks_live_");
        await Step(5, "created");

        foreach (var column in (string[])["Key Name", "Last Used", "API Auth Key", "Date Created", "Status"])
            await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = column })).ToHaveCountAsync(1);
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Trading bot" });
        await Expect(row).ToContainTextAsync("Never");
        await row.GetByRole(AriaRole.Button, new() { Name = "Copy API Auth Key", Exact = true }).ClickAsync();
        await Expect(page.GetByText("The API Auth Key is on your clipboard.").First).ToBeVisibleAsync();
        (await visitor.ClipboardAsync()).ShouldBe(shown);

        await page.GetByRole(AriaRole.Button, new() { Name = "Hide the API Auth Key" }).ClickAsync();
        await Expect(page.Locator("#new-api-key")).ToHaveCountAsync(0);
        (await page.ContentAsync()).ShouldNotContain(shown);

        var toggle = page.GetByRole(AriaRole.Switch, new() { Name = "Status of Trading bot", Exact = true });
        await Expect(toggle).ToBeCheckedAsync();
        await toggle.ClickAsync();
        await page.GetByLabel("Reason (Optional)").FillAsync("Laptop lost");
        await Step(6, "disable");
        await page.GetByRole(AriaRole.Button, new() { Name = "Disable", Exact = true }).ClickAsync();
        await Expect(page.GetByText("enforced on")).ToBeVisibleAsync();
        await Expect(toggle).Not.ToBeCheckedAsync();
        await Step(7, "disabled");
        await toggle.ClickAsync();
        await Expect(toggle).ToBeCheckedAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Trading bot" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Key details" })).ToBeVisibleAsync();
        await Expect(page.GetByText("Disabled the key: Laptop lost")).ToBeVisibleAsync();
        await Step(8, "key");

        if (width < 960) await page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" }).ClickAsync();
        await Expect(page.GetByText("Copied the API Auth Key").First).ToBeVisibleAsync();
        await Step(9, "audit");
    }

    private static async Task StepAsync(Visitor visitor, string name)
    {
        await visitor.TakePictureAsync(name);
        await visitor.ShouldBeAccessibleAsync(name);
    }
}
