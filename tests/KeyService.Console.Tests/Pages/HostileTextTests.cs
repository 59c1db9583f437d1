using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static KeyService.AdminConsole.Tests.Pages.HostileText;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>What people write is shown as they wrote it, in its place, and is not carried out: in lists and addresses.</summary>
[TakesLong]
public sealed class HostileTextTests(Browser browser)
{
    public static TheoryData<int> ListWidths => new() { 360, 768, 1024, 1120, 1440 };

    [Theory]
    [MemberData(nameof(ListWidths))]
    public async Task In_the_list_and_in_the_audit_trail(int width)
    {
        var workspace = Issuing.NewWorkspace();
        foreach (var name in Names)
        {
            var created = await browser.Server.IssueAsync(workspace, name, request => request.Description = Long);
            await browser.Server.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, browser.Server.Root);
        }

        await Eventually.IsTrueAsync(async () => (await browser.Server.ListAsync(workspace)).All(key => key.LastUsedTime is not null), "their use is known", seconds: 60);
        await using var visitor = await browser.OpenAsync(options: new() { Width = width });
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);

        await Expect(page.KeyNames()).ToHaveCountAsync(Names.Length);
        (await page.KeyNames().AllTextContentsAsync()).ShouldBe(Names.Reverse());
        (await page.Locator(".description").AllTextContentsAsync()).ShouldAllBe(text => text == Long);
        foreach (var name in Names) (await page.Locator("[role=switch]").EvaluateAllAsync<string[]>("all => all.map(one => one.getAttribute('aria-label'))")).ShouldContain($"Status of {name}");
        await ShouldHoldAsync(visitor, $"hostile-list-{width}");

        await page.GotoAsync($"/audit/{workspace}");
        await Expect(page.Rows()).ToHaveCountAsync(Names.Length);
        (await page.Locator("td[data-label=Key] bdi").AllTextContentsAsync()).ShouldBe(Names.Reverse());
        await ShouldHoldAsync(visitor, $"hostile-audit-{width}");
    }

    [Fact]
    public async Task In_addresses_that_somebody_else_made()
    {
        await using var visitor = await browser.OpenAsync(options: new() { Width = 360 });
        var page = visitor.Page;
        await visitor.OpenKeysAsync("default");
        foreach (var path in (string[])
            [$"/open-api/{Uri.EscapeDataString(Names[0])}", $"/open-api/{new string('w', 200)}", "/open-api/a%20b", "/open-api/default/keys/%22%3E%3Cb%3E", $"/audit/{Uri.EscapeDataString(Names[1])}"])
        {
            await page.GotoAsync(path);
            await Expect(page.GetByRole(AriaRole.Alert).Or(page.Locator("main .empty")).First).ToBeVisibleAsync();
            await ShouldHoldAsync(visitor, path);
        }

        foreach (var query in (string[])[Names[0], new('q', 400), "a\u0000b", "😀"])
        {
            await page.GotoAsync($"/open-api/default?q={Uri.EscapeDataString(query)}&status=%3Cb%3E&sort=%27");
            await Expect(page.GetByRole(AriaRole.Alert).Or(page.Locator("main .empty")).First).ToBeVisibleAsync();
            await ShouldHoldAsync(visitor, query);
        }
    }
}
