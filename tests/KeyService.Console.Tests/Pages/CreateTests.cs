using System.Text.RegularExpressions;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>What is wrong is told beside its field, before anything is sent; what is sent makes one key.</summary>
public sealed class CreateTests(Browser browser)
{
    private readonly string _workspace = Issuing.NewWorkspace();

    [Fact]
    public async Task A_name_is_required_and_counted_as_the_service_counts()
    {
        await using var visitor = await OpenAsync();
        var page = visitor.Page;
        var dialog = await page.OpenCreateDialogAsync();
        var name = dialog.Field("Key Name");
        await Expect(name).ToBeFocusedAsync();
        await Expect(name).ToHaveAttributeAsync("aria-required", "true");
        await Expect(dialog.GetByText("0 / 128")).ToBeVisibleAsync();
        await RefusedAsync(dialog, "Give the key a name");
        await visitor.ShouldBeAccessibleAsync("create-refused");
        await name.FillAsync("   ");
        await RefusedAsync(dialog, "Give the key a name");

        await name.FillAsync("\u200b\u3164");
        await RefusedAsync(dialog, "Give the key a name that can be seen");
        await name.FillAsync("invoice\u202egpj");
        await RefusedAsync(dialog, "No characters that control the direction of text");

        await name.FillAsync("👍🏽 ok ");
        await Expect(dialog.GetByText("5 / 128")).ToBeVisibleAsync();
        await name.FillAsync(string.Concat(Enumerable.Repeat("👍", 129)));
        await RefusedAsync(dialog, "At most 128 characters");
        await name.FillAsync("a\u0007b");
        await RefusedAsync(dialog, "No control characters");

        await name.FillAsync(string.Concat(Enumerable.Repeat("👍", 128)));
        await Expect(dialog.GetByText("128 / 128")).ToBeVisibleAsync();
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Rows()).ToHaveCountAsync(1);
        (await browser.Server.ListAsync(_workspace)).ShouldHaveSingleItem().Name.Length.ShouldBe(256);
    }

    [Theory]
    [InlineData("Key Description (Optional)", "\u0007", "No control characters")]
    [InlineData("Key Description (Optional)", null, "At most 1,024 characters")]
    [InlineData("Scopes (Optional)", "orders.read\nOrders", "“Orders” is no scope")]
    [InlineData("Scopes (Optional)", ".*", "“.*” is no scope")]
    [InlineData("Allowed addresses (Optional)", "203.0.113.7\n10.0.0.1/8", "has host bits set; did you mean 10.0.0.0/8")]
    [InlineData("Allowed addresses (Optional)", "10.1", "“10.1” is no address")]
    [InlineData("Last day (Optional)", "2020-01-31", "Today or later")]
    public async Task What_is_wrong_is_told_beside_its_field_and_not_sent(string label, string? value, string told)
    {
        await using var visitor = await OpenAsync();
        var dialog = await visitor.Page.OpenCreateDialogAsync("Fine");
        await dialog.GetByText("More options").ClickAsync();
        var field = dialog.Field(label);
        await field.FillAsync(value ?? new('d', 1_025));
        await field.BlurAsync();

        await RefusedAsync(dialog, told);
        await Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(field).ToHaveAccessibleDescriptionAsync(new Regex(Regex.Escape(told)));
    }

    /// <summary>The workspace of credentials has rules that the form does not know.</summary>
    [Fact]
    public async Task What_only_the_service_refuses_is_told_beside_its_field()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync("system");
        var dialog = await page.OpenCreateDialogAsync("A credential");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.Field("Scopes (Optional)").FillAsync("orders.read");
        await dialog.Button("Create Now").ClickAsync();

        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("Some fields need a change.");
        await Expect(dialog.GetByText("must be a permission in this workspace")).ToBeVisibleAsync();
        await dialog.Field("Scopes (Optional)").FillAsync("keys:read");
        await Expect(dialog.GetByText("must be a permission in this workspace")).ToHaveCountAsync(0);
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Notice("“A credential” was created")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Enter_submits()
    {
        await using var visitor = await OpenAsync();
        await visitor.Page.OpenCreateDialogAsync("By Enter");

        await visitor.Page.Keyboard.PressAsync("Enter");

        await Expect(visitor.Page.Row("By Enter")).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_closes_it_creates_nothing_and_finds_it_empty_again(bool byKey)
    {
        await using var visitor = await OpenAsync();
        var page = visitor.Page;
        var dialog = await page.OpenCreateDialogAsync("Never mind");

        if (byKey) await page.CloseByEscapeAsync(dialog);
        else await dialog.Button("Cancel").ClickAsync();

        await Expect(dialog).ToHaveCountAsync(0);
        (await browser.Server.ListAsync(_workspace)).ShouldBeEmpty();
        await page.OpenCreateDialogAsync();
        await Expect(dialog.Field("Key Name")).ToHaveValueAsync("");
    }

    [Fact]
    public async Task A_double_click_creates_one_key()
    {
        await using var visitor = await OpenAsync();
        var page = visitor.Page;
        var dialog = await page.OpenCreateDialogAsync("Once");

        await dialog.Button("Create Now").EvaluateAsync("button => { button.click(); button.click(); button.click(); }");

        await Expect(page.Row("Once")).ToBeVisibleAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        (await browser.Server.ListAsync(_workspace)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_that_is_not_kept_is_shown_this_once()
    {
        await using var visitor = await OpenAsync();
        var page = visitor.Page;
        var dialog = await page.OpenCreateDialogAsync("Once");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.GetByText("Show the API Auth Key only once").ClickAsync();
        await dialog.Button("Create Now").ClickAsync();

        await Expect(page.GetByText("This is the only time that it is shown.")).ToBeVisibleAsync();
        await page.Row("Once").Button("Copy API Auth Key").ClickAsync(new() { Force = true });
        await Expect(page.Notice("Not kept")).ToBeVisibleAsync();
        await Expect(page.Row("Once").Button("Copy API Auth Key")).ToHaveAttributeAsync("aria-disabled", "true");
        (await browser.Server.ListAsync(_workspace)).ShouldHaveSingleItem().Recoverable.ShouldBeFalse();
    }

    [Fact]
    public async Task Everything_that_was_picked_reaches_the_key()
    {
        await using var visitor = await OpenAsync();
        var page = visitor.Page;
        var dialog = await page.OpenCreateDialogAsync("  Whole  ");
        await dialog.Field("Key Description (Optional)").FillAsync("first\nsecond");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Environment" }).Or(dialog.Locator("details .mud-select-input")).First.ClickAsync();
        await page.Locator(".mud-popover-open").GetByText("Test", new() { Exact = true }).ClickAsync();
        await dialog.Field("Scopes (Optional)").FillAsync("orders.read, orders.*\nhealth");
        await dialog.Field("Allowed addresses (Optional)").FillAsync("203.0.113.0/24\n2001:db8::1");
        await dialog.Button("Create Now").ClickAsync();

        await Expect(page.Locator("#new-api-key")).ToContainTextAsync("ks_test_");
        var key = (await browser.Server.ListAsync(_workspace)).ShouldHaveSingleItem();
        (key.Name, key.Description, key.Environment, key.Recoverable).ShouldBe(("Whole", "first\nsecond", KeyEnvironment.Test, true));
        key.Scopes.ShouldBe(["orders.read", "orders.*", "health"]);
        key.AllowedAddresses.ShouldBe(["203.0.113.0/24", "2001:db8::1/128"]);
    }

    private async Task<Visitor> OpenAsync()
    {
        var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync(_workspace);
        return visitor;
    }

    private async Task RefusedAsync(ILocator dialog, string told)
    {
        await dialog.Button("Create Now").ClickAsync();
        await Expect(dialog.GetByText(told)).ToBeVisibleAsync();
        await Expect(dialog.Button("Create Now")).ToBeVisibleAsync();
        (await browser.Server.ListAsync(_workspace)).ShouldBeEmpty();
    }
}
