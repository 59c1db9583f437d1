using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>What is half typed, out of reach, or pasted by mistake is told, and becomes no key.</summary>
public sealed class TypingTests(Browser browser)
{
    private readonly string _workspace = Issuing.NewWorkspace();

    /// <summary>To the browser it is no date at all, which would be a key that never expires.</summary>
    [Fact]
    public async Task A_date_that_was_only_begun_is_told_wherever_it_is()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        var dialog = await page.OpenCreateDialogAsync("Short-lived");
        await dialog.GetByText("More options").ClickAsync();
        var day = dialog.Field("Last day (Optional)");
        await day.FocusAsync();
        await page.Keyboard.TypeAsync("12");
        (await day.EvaluateAsync<bool>("field => field.validity.badInput && field.value === ''")).ShouldBeTrue();
        await dialog.GetByText("More options").ClickAsync();
        await Expect(day).ToBeHiddenAsync();

        await dialog.Button("Create Now").ClickAsync();
        await Expect(dialog.GetByText("The date is not complete")).ToBeVisibleAsync();
        await Expect(dialog.Button("Create Now")).ToBeVisibleAsync();
        await Expect(day).ToHaveAttributeAsync("aria-invalid", "true");
        (await browser.Server.ListAsync(_workspace)).ShouldBeEmpty();

        await day.FillAsync("2031-03-14");
        await day.BlurAsync();
        await Expect(dialog.GetByText("The date is not complete")).ToHaveCountAsync(0);
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Row("Short-lived")).ToBeVisibleAsync();
        (await browser.Server.ListAsync(_workspace)).ShouldHaveSingleItem().ExpireTime.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("9999-12-31")]
    [InlineData("9999-01-01")]
    public async Task A_date_after_which_there_is_none_is_told(string date)
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        var dialog = await page.OpenCreateDialogAsync("Long-lived");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.Field("Last day (Optional)").FillAsync(date);
        await dialog.Button("Create Now").ClickAsync();

        await Expect(dialog.GetByText("At most 31 Dec 9998")).ToBeVisibleAsync();
        await dialog.Field("Last day (Optional)").FillAsync("9998-12-31");
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Row("Long-lived")).ToBeVisibleAsync();
        (await browser.Server.ListAsync(_workspace)).ShouldHaveSingleItem().ExpireTime.ToDateTimeOffset().Year.ShouldBe(9998);
    }

    /// <summary>More than a page may send at once.</summary>
    [Theory]
    [InlineData("Key Name", "At most 128 characters; this has 4096")]
    [InlineData("Key Description (Optional)", "At most 1,024 characters; this has 4,096")]
    [InlineData("Scopes (Optional)", "is no scope")]
    [InlineData("Allowed addresses (Optional)", "is no address")]
    public async Task What_is_far_too_long_is_told_and_breaks_nothing(string label, string told)
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        var dialog = await page.OpenCreateDialogAsync("Fine");
        await dialog.GetByText("More options").ClickAsync();
        var field = dialog.Field(label);
        await field.FocusAsync();
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.InsertTextAsync(new('w', 100_000));

        await Expect(dialog.GetByText(told)).ToBeVisibleAsync();
        await visitor.Page.ShouldFitAsync(label);
        await Expect(page.Locator("#connection")).ToBeHiddenAsync();
        await field.FillAsync(label == "Allowed addresses (Optional)" ? "203.0.113.7" : "fine");
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Rows()).ToHaveCountAsync(1);
    }

    /// <summary>A credential holds where it is permitted, and nowhere else.</summary>
    [Fact]
    public async Task A_credential_is_given_the_workspaces_where_it_holds()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync("system");
        var dialog = await page.OpenCreateDialogAsync("A credential");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.Field("Scopes (Optional)").FillAsync("keys:read");
        await dialog.Field("Permitted workspaces").FillAsync("a b/c");
        await dialog.Button("Create Now").ClickAsync();
        await Expect(dialog.GetByText("“b/c” is no workspace")).ToBeVisibleAsync();
        await visitor.ShouldBeAccessibleAsync("create-credential");
        await visitor.TakePictureAsync("create-credential");
        await dialog.Field("Permitted workspaces").FillAsync($"{_workspace}\nanother");
        await dialog.Button("Create Now").ClickAsync();

        var credential = await page.Locator("#new-api-key").InnerTextAsync();
        var caller = await browser.Server.Client.GetCallerAsync(new(), TestServer.As(credential));
        caller.Workspaces.ShouldBe([_workspace, "another"], ignoreOrder: true);
        caller.Permissions.ShouldBe(["keys:read"]);
        await page.GotoAsync($"/open-api/system/keys/{caller.CredentialId}");
        await Expect(page.Locator("dt:text-is('Permitted workspaces') + dd li")).ToHaveTextAsync([_workspace, "another"]);
    }

    [Fact]
    public async Task A_key_has_no_permitted_workspaces()
    {
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync(_workspace);
        var dialog = await visitor.Page.OpenCreateDialogAsync();
        await Expect(dialog.Field("Key Name")).ToBeVisibleAsync();
        await Expect(dialog.Field("Permitted workspaces")).ToHaveCountAsync(0);
    }
}
