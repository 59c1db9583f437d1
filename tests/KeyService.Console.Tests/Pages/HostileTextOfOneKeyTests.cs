using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static KeyService.AdminConsole.Tests.Pages.HostileText;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>As <see cref="HostileTextTests"/>, on the page of a key.</summary>
[TakesLong]
public sealed class HostileTextOfOneKeyTests(Browser browser)
{
    public static TheoryData<int> Widths => new() { 360, 1440 };

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
}
