using Grpc.Core;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>The audit trail is read page by page, and shows what was done a moment ago.</summary>
public sealed class AuditTests(Browser browser)
{
    private const int PageSize = 25;

    private readonly string _workspace = Issuing.NewWorkspace();

    /// <summary>However often it is clicked while the service is away, it is one page that was asked for.</summary>
    [Fact]
    public async Task Many_clicks_on_the_way_to_a_page_are_one_and_the_way_back_is_as_long()
    {
        await using var served = await RelayedService.StartAsync();
        for (var i = 0; i < 2 * PageSize; i++) await served.Service.IssueAsync(_workspace, $"key {i:00}");
        await using var visitor = await browser.OpenAsync(served.Console);
        var page = visitor.Page;
        await visitor.SignInAsync(served.Service.RootCredential, $"/audit/{_workspace}");
        await Expect(page.Rows().First).ToContainTextAsync("key 49");
        var isAway = true;
        served.Relay.Meet<ListAuditEventsRequest, ListAuditEventsResponse>(
            "ListAuditEvents", async (_, pass) => isAway ? throw new RpcException(new(StatusCode.Unavailable, "")) : await pass());

        await page.Button("Older").DblClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "The service does not answer right now." })).ToBeVisibleAsync();
        await Expect(page.Button("Older")).ToHaveAttributeAsync("aria-disabled", "true");
        for (var i = 0; i < 3; i++) await page.Button("Older").ClickAsync(new() { Force = true });
        await Expect(page.Rows().First).ToContainTextAsync("key 49");
        isAway = false;
        await Expect(page.Rows().First).ToContainTextAsync("key 24", new() { Timeout = 30_000 });
        await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "does not answer" })).ToHaveCountAsync(0);

        await page.Button("Newer").ClickAsync();
        await Expect(page.Rows().First).ToContainTextAsync("key 49");
        await Expect(page.Button("Newer")).ToBeDisabledAsync();
        await Expect(page.Button("Older")).ToBeEnabledAsync();
    }

    [Fact]
    public async Task A_copy_made_on_the_page_of_a_key_is_there_at_once()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        var key = (await browser.Server.IssueAsync(_workspace, "Trading bot")).Key;
        await visitor.SignInAsync(path: $"/open-api/{_workspace}/keys/{key.KeyId}");
        await Expect(page.GetByText("Created the key")).ToBeVisibleAsync();

        await page.Button("Copy API Auth Key").ClickAsync();

        await Expect(page.GetByText("Copied the API Auth Key")).ToBeVisibleAsync();
    }

    /// <summary>A link would lead them to a page that refuses them.</summary>
    [Fact]
    public async Task Who_may_not_read_keys_sees_their_names_and_no_links()
    {
        await browser.Server.IssueAsync(_workspace, "Trading bot");
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.SignInAsync(await browser.Server.IssueCredentialAsync(["keys:audit"], _workspace), $"/audit/{_workspace}");

        await Expect(page.Row("Created the key").Locator("[data-label=Key]")).ToHaveTextAsync("Trading bot");
        await Expect(page.Rows().GetByRole(AriaRole.Link)).ToHaveCountAsync(0);
    }
}
