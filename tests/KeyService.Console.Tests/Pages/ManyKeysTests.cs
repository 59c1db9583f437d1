using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>A workspace with more keys than anybody reads.</summary>
public sealed class ManyKeysTests(Browser browser)
{
    private const int Page = 25;

    private readonly string _workspace = Issuing.NewWorkspace();

    [Fact]
    public async Task A_hundred_thousand_keys_are_paged_and_searched()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using var server = await TestServer.StartInProcessAsync(store);
        await server.IssueAsync(_workspace, "The oldest needle");
        await KeyCopies.CopyKeyAsync(store.DataDirectory, (await server.IssueAsync(_workspace, "hay")).Key.KeyId, copies: 100_000);
        await server.IssueAsync(_workspace, "The newest one");
        await using var visitor = await browser.OpenAsync(server);
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await ShouldHaveFirstAsync(page, "The newest one");

        var seen = new HashSet<string>();
        for (var i = 0; i < 5; i++)
        {
            await Expect(page.KeyNames()).ToHaveCountAsync(Page);
            foreach (var link in await page.KeyNames().EvaluateAllAsync<string[]>("all => all.map(one => one.href)")) seen.Add(link).ShouldBeTrue(link);
            var url = page.Url;
            var first = await page.KeyNames().First.GetAttributeAsync("href");
            await page.Button("Next page").ClickAsync();
            await Expect(page).Not.ToHaveURLAsync(url);
            await Expect(page.KeyNames().First).Not.ToHaveAttributeAsync("href", first!);
        }

        await page.GotoAsync($"/open-api/{_workspace}?sort=oldest");
        await ShouldHaveFirstAsync(page, "The oldest needle");
        await page.GetByLabel("Search", new() { Exact = true }).FillAsync("needle");
        await Expect(page.KeyNames()).ToHaveTextAsync(["The oldest needle"]);
        await page.GetByLabel("Search", new() { Exact = true }).FillAsync("not there");
        await Expect(page.Heading("No key matches")).ToBeVisibleAsync();
    }

    private static Task ShouldHaveFirstAsync(IPage page, string name) => Expect(page.KeyNames().First).ToHaveTextAsync(name);
}
