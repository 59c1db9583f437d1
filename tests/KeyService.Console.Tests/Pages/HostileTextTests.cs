using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>Whatever people write is shown as they wrote it, in its place, and carried out by nobody.</summary>
public sealed class HostileTextTests(Browser browser)
{
    private static readonly string[] Names =
    [
        "<script>window.hurt = 1</script>",
        "<img src=x onerror=\"window.hurt = 1\">",
        "\"'><b onmouseover=window.hurt=1>bold</b>&amp;&lt;",
        "{{7*7}} ${7*7} @(7*7) %3Cscript%3E",
        "مفتاح التداول الليلي",
        "מפתח המסחר של הלילה",
        "invoice\u200Bgpj.exe",
        "👩‍👩‍👧‍👦🏳️‍🌈👍🏽 emoji",
        string.Concat(Enumerable.Repeat("W", 128)),
        string.Concat(Enumerable.Repeat("👍", 128)),
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!",
    ];

    private static readonly string Long = string.Concat(Enumerable.Repeat("<b>W</b>", 128));

    public static TheoryData<int> Widths => new() { 360, 1440 };

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

    [Theory]
    [MemberData(nameof(Widths))]
    public async Task On_the_page_of_a_key_in_its_dialogs_and_in_notices(int width)
    {
        var workspace = Issuing.NewWorkspace();
        await using var visitor = await browser.OpenAsync(options: new() { Width = width });
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        for (var i = 0; i < Names.Length; i += 2)
        {
            var name = Names[i];
            var key = (await browser.Server.IssueAsync(workspace, name, request =>
            {
                request.Description = Long;
                request.Scopes.Add(new string('s', 64));
                request.Metadata[new string('l', 64)] = new('v', 256);
                request.Metadata["<i>label</i>"] = name;
            })).Key;
            await page.GotoAsync($"/open-api/{workspace}/keys/{key.KeyId}");
            await Expect(page.Locator("#key-name bdi")).ToHaveTextAsync(name);
            (await page.Locator(".pre").TextContentAsync()).ShouldBe(Long);
            await Expect(page.Locator("dd", new() { HasText = name })).ToHaveCountAsync(1);

            await page.Toggle(name).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Dialog).Locator("bdi")).ToHaveTextAsync(name);
            await ShouldHoldAsync(visitor, $"hostile-dialog-{width}-{i}");
            await page.DisableAsync(name);
            await Expect(page.Notice("enforced on")).ToContainTextAsync(name);
            await Expect(page.GetByText($"Disabled the key: {name}", new() { Exact = true })).ToBeVisibleAsync();
            await ShouldHoldAsync(visitor, $"hostile-key-{width}-{i}");
        }
    }

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

    private static async Task ShouldHoldAsync(Visitor visitor, string where)
    {
        (await visitor.Page.EvaluateAsync<bool>("() => 'hurt' in window")).ShouldBeFalse(where);
        await visitor.Page.ShouldFitAsync(where);
        if (!where.StartsWith('/')) await visitor.ShouldBeAccessibleAsync(where);
        if (where.StartsWith("hostile", StringComparison.Ordinal)) await visitor.TakePictureAsync(where);
    }
}
