using System.Text.RegularExpressions;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>What the list shows is what its address says: for another tab, a reload, and the way back.</summary>
public sealed class ListTests(Browser browser)
{
    private const int Page = 25;

    private readonly string _workspace = Issuing.NewWorkspace();

    [Fact]
    public async Task Pages_follow_each_other_and_a_reload_and_the_way_back_show_the_same()
    {
        await using var visitor = await WithKeysAsync(60);
        var page = visitor.Page;
        await ShouldShowAsync(page, 59, Page);
        await Expect(page.Button("Previous page")).ToBeDisabledAsync();
        await Expect(page.Button("First page")).ToBeDisabledAsync();

        await page.Button("Next page").ClickAsync();
        await ShouldShowAsync(page, 34, Page);
        await Expect(page).ToHaveURLAsync(new Regex(@"\?after=.+"));
        var second = page.Url;
        await page.ReloadAsync();
        await ShouldShowAsync(page, 34, Page);
        page.Url.ShouldBe(second);

        await page.Button("Next page").ClickAsync();
        await ShouldShowAsync(page, 9, 10);
        await Expect(page.Button("Next page")).ToBeDisabledAsync();
        await page.Button("Previous page").ClickAsync();
        await ShouldShowAsync(page, 34, Page);
        page.Url.ShouldBe(second);

        await page.GoBackAsync();
        await ShouldShowAsync(page, 9, 10);
        await page.Button("First page").ClickAsync();
        await ShouldShowAsync(page, 59, Page);
        await Expect(page).Not.ToHaveURLAsync(new Regex("after"));
    }

    [Fact]
    public async Task The_way_back_of_the_browser_and_that_of_the_page_agree()
    {
        await using var visitor = await WithKeysAsync(60);
        var page = visitor.Page;
        await page.Button("Next page").ClickAsync();
        await ShouldShowAsync(page, 34, Page);
        await page.Button("Next page").ClickAsync();
        await ShouldShowAsync(page, 9, 10);

        await page.GoBackAsync();
        await ShouldShowAsync(page, 34, Page);
        await page.Button("Previous page").ClickAsync();
        await ShouldShowAsync(page, 59, Page);
        await Expect(page.Button("Previous page")).ToBeDisabledAsync();

        await page.GoBackAsync();
        await ShouldShowAsync(page, 34, Page);
        await page.GoBackAsync();
        await ShouldShowAsync(page, 59, Page).WaitAsync(TimeSpan.FromSeconds(30));
        await Expect(page.Button("Previous page")).ToBeDisabledAsync();
        await page.GoForwardAsync();
        await ShouldShowAsync(page, 34, Page);
        await page.Button("Next page").ClickAsync();
        await ShouldShowAsync(page, 9, 10);
    }

    [Fact]
    public async Task A_search_is_in_the_address_and_finds_parts_of_names_descriptions_and_hints()
    {
        await using var visitor = await WithKeysAsync(30, i => i == 7 ? "Seventh heaven" : "");
        var page = visitor.Page;
        var search = page.GetByLabel("Search", new() { Exact = true });

        await search.FillAsync("Y 1");
        await Expect(page.KeyNames()).ToHaveCountAsync(10);
        await Expect(page).ToHaveURLAsync(new Regex(@"\?q=Y%201$"));
        await page.ReloadAsync();
        await Expect(page.KeyNames()).ToHaveCountAsync(10);
        await Expect(search).ToHaveValueAsync("Y 1");

        await search.FillAsync("HEAVEN");
        await Expect(page.KeyNames()).ToHaveTextAsync(["key 07"]);
        var hint = (await browser.Server.ListAsync(_workspace)).Single(key => key.Name == "key 11").Hint;
        await search.FillAsync(hint[^4..]);
        await Expect(page.Row("key 11")).ToBeVisibleAsync();

        await search.FillAsync("nothing like it & more?=#");
        await Expect(page.Heading("No key matches")).ToBeVisibleAsync();
        await visitor.ShouldBeAccessibleAsync("no-match");
        await page.ReloadAsync();
        await Expect(search).ToHaveValueAsync("nothing like it & more?=#");
        await page.Button("Show all keys").ClickAsync();
        await ShouldShowAsync(page, 29, Page);
        await Expect(search).ToHaveValueAsync("");
    }

    [Fact]
    public async Task The_filter_by_status_is_in_the_address()
    {
        await using var visitor = await WithKeysAsync(4);
        var page = visitor.Page;
        await browser.Server.SwitchAsync((await browser.Server.ListAsync(_workspace)).Single(key => key.Name == "key 02"), KeyStatus.Disabled);

        foreach (var (status, names) in new[] { ("Disabled", (string[])["key 02"]), ("Enabled", ["key 03", "key 01", "key 00"]), ("Any", ["key 03", "key 02", "key 01", "key 00"]) })
        {
            await page.Locator(".filter .mud-select-input, .filter input").First.ClickAsync();
            await page.Locator(".mud-popover-open").GetByText(status, new() { Exact = true }).ClickAsync();
            await Expect(page.KeyNames()).ToHaveTextAsync(names);
            if (status == "Any") await Expect(page).Not.ToHaveURLAsync(new Regex("status"));
            else await Expect(page).ToHaveURLAsync(new Regex($@"\?status={status.ToLowerInvariant()}$"));
            await page.ReloadAsync();
            await Expect(page.KeyNames()).ToHaveTextAsync(names);
        }
    }

    [Fact]
    public async Task The_order_is_in_the_address_and_told_to_who_cannot_see_it()
    {
        foreach (var name in (string[])["b", "c", "a"]) await browser.Server.IssueAsync(_workspace, name);
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await OrderedAsync(page, "", ["a", "c", "b"], name: "none", date: "descending");

        await page.Button("Key Name").ClickAsync();
        await OrderedAsync(page, "?sort=name", ["a", "b", "c"], name: "ascending", date: "none");
        await page.Button("Date Created").ClickAsync();
        await OrderedAsync(page, "", ["a", "c", "b"], name: "none", date: "descending");
        await page.Button("Date Created").ClickAsync();
        await OrderedAsync(page, "?sort=oldest", ["b", "c", "a"], name: "none", date: "ascending");
        await page.ReloadAsync();
        await OrderedAsync(page, "?sort=oldest", ["b", "c", "a"], name: "none", date: "ascending");
        await page.GoBackAsync();
        await OrderedAsync(page, "", ["a", "c", "b"], name: "none", date: "descending");
    }

    [Theory]
    [InlineData("?after=nonsense")]
    [InlineData("?after=%F0%9F%98%80%00&status=disabled")]
    public async Task A_page_that_is_not_there_is_the_first_one(string query)
    {
        await using var visitor = await WithKeysAsync(3);
        var page = visitor.Page;
        foreach (var key in await browser.Server.ListAsync(_workspace)) await browser.Server.SwitchAsync(key, KeyStatus.Disabled);

        await page.GotoAsync($"/open-api/{_workspace}{query}");

        await ShouldShowAsync(page, 2, 3);
        await Expect(page).Not.ToHaveURLAsync(new Regex("after"));
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_new_key_is_marked_and_at_the_top_wherever_one_was()
    {
        await using var visitor = await WithKeysAsync(30);
        var page = visitor.Page;
        await page.GotoAsync($"/open-api/{_workspace}?sort=name&q=key");
        await ShouldHaveFirstAsync(page, "key 00");

        await (await page.OpenCreateDialogAsync("Brand-new")).Button("Create Now").ClickAsync();

        await ShouldHaveFirstAsync(page, "Brand-new");
        await Expect(page.Locator("tr.new")).ToHaveCountAsync(1);
        await Expect(page.Locator("tr.new")).ToContainTextAsync("Brand-new");
        await Expect(page.Locator("tr.new")).ToContainTextAsync("New");
        page.Url.ShouldEndWith($"/open-api/{_workspace}");
    }

    /// <summary>So many keys: key 00, the oldest, to the newest.</summary>
    private async Task<Visitor> WithKeysAsync(int count, Func<int, string>? description = null)
    {
        for (var i = 0; i < count; i++) await browser.Server.IssueAsync(_workspace, $"key {i:00}", request => request.Description = description?.Invoke(i) ?? "");
        var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync(_workspace);
        return visitor;
    }

    private static Task ShouldHaveFirstAsync(IPage page, string name) => Expect(page.KeyNames().First).ToHaveTextAsync(name);

    /// <summary>From this one downwards.</summary>
    private static Task ShouldShowAsync(IPage page, int first, int count) =>
        Expect(page.KeyNames()).ToHaveTextAsync(Enumerable.Range(0, count).Select(i => $"key {first - i:00}"));

    private async Task OrderedAsync(IPage page, string query, string[] names, string name, string date)
    {
        await Expect(page.KeyNames()).ToHaveTextAsync(names);
        await Expect(page).ToHaveURLAsync(new Regex(Regex.Escape($"/open-api/{_workspace}{query}") + "$"));
        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Key Name" })).ToHaveAttributeAsync("aria-sort", name);
        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Date Created" })).ToHaveAttributeAsync("aria-sort", date);
    }
}
