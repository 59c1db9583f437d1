using KeyService.AdminConsole.OpenApi;
using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.OpenApi;

public sealed class SearchQueryTests(Browser browser)
{
    [Theory]
    [InlineData("  bot ", "bot")]
    [InlineData("ks_live_", "ks_live_")]
    [InlineData("...zWSZ", "...zWSZ")]
    [InlineData("ks_live_1gl6xl9BG3JHVlEsicutTcoM2S2CzFHk3fzWSZ", "...zWSZ")]
    [InlineData("Bearer wallet_test_1gl6xl9BG3JHVlEsicutTcoM2S2CzFHk3fzWSZ\n", "...zWSZ")]
    [InlineData("ks_live_1gl6xl9B", "...xl9B")]
    [InlineData(null, "")]
    public void An_API_key_becomes_its_hint(string? text, string query) => SearchQuery.WithoutApiKey(text).ShouldBe(query);

    [Fact]
    public async Task Who_pastes_an_API_key_finds_its_record_and_no_address_has_it()
    {
        const string Workspace = "pasted";
        var server = browser.Server;
        await server.Client.CreateKeyAsync(new() { WorkspaceId = Workspace, Name = "another" }, server.Root);
        var created = await server.Client.CreateKeyAsync(new() { WorkspaceId = Workspace, Name = "looked for" }, server.Root);
        await using var visitor = await browser.OpenAsync();
        var asked = new List<string>();
        visitor.Page.Request += (_, request) => asked.Add(request.Url);
        await visitor.OpenKeysAsync(Workspace);
        await visitor.Page.GetByLabel("Search").FillAsync(created.ApiKey);

        await visitor.Page.ShouldReachAsync(@"\?q=");
        await Expect(visitor.Page.GetByRole(AriaRole.Switch)).ToHaveCountAsync(1);
        await Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "looked for" })).ToBeVisibleAsync();
        asked.Append(visitor.Page.Url).ShouldAllBe(url => !url.Contains(created.ApiKey, StringComparison.Ordinal));
    }
}
