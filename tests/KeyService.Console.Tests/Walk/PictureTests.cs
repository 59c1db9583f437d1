using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Walk;

/// <summary>The list as it is in daily use: the README shows this picture.</summary>
public sealed class PictureTests(Browser browser)
{
    [Theory]
    [InlineData(1120, false)]
    [InlineData(1120, true)]
    [InlineData(360, false)]
    public async Task A_list_of_some_keys(int width, bool dark)
    {
        var workspace = width == 360 ? "wallet-a-mobile" : dark ? "wallet-b" : "wallet-a";
        await FillAsync(workspace);
        await using var visitor = await browser.OpenAsync(options: new() { Width = width, Height = 640, Dark = dark });
        await visitor.OpenKeysAsync(workspace);

        await Expect(visitor.Page.GetByRole(AriaRole.Switch)).ToHaveCountAsync(4);
        await visitor.TakePictureAsync($"list-{width}-{(dark ? "dark" : "light")}");
        await visitor.ShouldBeAccessibleAsync("list");
        await visitor.ShouldFindViolationsAsync();
    }

    private async Task FillAsync(string workspace)
    {
        var server = browser.Server;
        (string Name, string Description, bool IsUsed, bool IsOff)[] keys =
        [
            ("Invoices", "Nightly export for the accounting system", true, false),
            ("Old mobile app", "Replaced by version 4", true, true),
            ("Staging", "", false, false),
            ("Trading bot", "Places orders for desk 7", true, false),
        ];
        foreach (var (name, description, isUsed, isOff) in keys)
        {
            var created = await server.Client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = name, Description = description }, server.Root);
            if (isUsed) await server.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, server.Root);
            if (isUsed) await Eventually.IsTrueAsync(async () => (await server.Client.GetKeyAsync(new() { WorkspaceId = workspace, KeyId = created.Key.KeyId }, server.Root)).Key.LastUsedTime is not null, "the use is known", seconds: 30);
            if (isOff) await server.Client.SetStatusAsync(new() { WorkspaceId = workspace, KeyId = created.Key.KeyId, Status = KeyStatus.Disabled }, server.Root);
        }
    }
}
