using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>The picker opens what was typed, and nothing on the way there.</summary>
public sealed class WorkspacePickerTests(Browser browser)
{
    private readonly string _workspace = Issuing.NewWorkspace();

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task What_is_typed_is_opened_by_Enter_and_by_nothing_before(int delay)
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        // Others that begin alike, which the service names.
        await browser.Server.IssueAsync(_workspace + "-longer", "a key");
        await visitor.OpenKeysAsync(_workspace);
        var addresses = new List<string>();
        page.FrameNavigated += (_, frame) => addresses.Add(frame.Url);

        // A page that has just opened still puts the focus on its heading, and not always before its content is there.
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        await Expect(page.Heading("API Key Generation (Open API)")).ToBeFocusedAsync();
        await Picker(page).ClickAsync();
        await page.Keyboard.TypeAsync(_workspace + "-lo", new() { Delay = delay });
        await page.Keyboard.PressAsync("Enter");
        await page.ShouldReachAsync($"/open-api/{_workspace}-lo$");
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        addresses.Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_was_only_begun_opens_nothing()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        // A page that has just opened still puts the focus on its heading, and not always before its content is there.
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        await Expect(page.Heading("API Key Generation (Open API)")).ToBeFocusedAsync();
        await Picker(page).ClickAsync();
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("begun", new() { Delay = 30 });
        await page.Keyboard.PressAsync("Escape");
        await page.Heading("API Key Generation (Open API)").ClickAsync();

        await Expect(Picker(page)).ToHaveValueAsync(_workspace);
        page.Url.ShouldEndWith($"/open-api/{_workspace}");
    }

    [Fact]
    public async Task A_pasted_API_key_is_refused_and_in_no_address()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await Picker(page).FillAsync(browser.Server.RootCredential);
        await Picker(page).PressAsync("Enter");
        await Expect(page.GetByText("This is an API key, not a workspace")).ToBeVisibleAsync();
        await visitor.ShouldBeAccessibleAsync("picker");

        page.Url.ShouldEndWith($"/open-api/{_workspace}");
    }

    /// <summary>As the browser tells of it.</summary>
    [Fact]
    public async Task A_suggestion_that_is_clicked_is_opened()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await Expect(Picker(page)).ToBeEnabledAsync();
        await Picker(page).EvaluateAsync("(field, id) => { field.focus(); field.value = id; field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertReplacementText' })); }", _workspace + "-other");

        await page.ShouldReachAsync($"/open-api/{_workspace}-other$");
    }

    private static ILocator Picker(IPage page) => page.GetByLabel("Workspace", new() { Exact = true });
}
