using System.Diagnostics;
using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>Who is there is not signed out, and who is not is.</summary>
[TakesLong]
public sealed class IdleTests(Browser browser)
{
    [Fact]
    public async Task Who_is_away_for_too_long_is_signed_out_and_comes_back_to_where_they_were()
    {
        await using var visitor = await browser.OpenAsync();
        // The clock of the page alone: its connection believes that the server said nothing for half an hour.
        visitor.Expected.Add("Server timeout");
        await visitor.Page.Clock.InstallAsync();
        await visitor.OpenKeysAsync("idle");
        await Expect(visitor.Page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();

        await visitor.Page.Clock.FastForwardAsync("32:00");

        await Expect(visitor.Page.GetByText("You were signed out because you were away for a while.")).ToBeVisibleAsync();
        visitor.Page.Url.ShouldEndWith("&return=%2Fopen-api%2Fidle");
        await visitor.Page.GotoAsync("/open-api/idle");
        await Expect(visitor.Page.GetByLabel("Credential", new() { Exact = true })).ToBeVisibleAsync();
    }

    /// <summary>Its connection hears nothing of it.</summary>
    [Fact]
    public async Task Who_reads_and_moves_the_page_is_not_away()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__Console__IdleTimeout", "00:01:00"));
        await using var visitor = await browser.OpenAsync(server);
        var page = visitor.Page;
        await visitor.OpenKeysAsync("reads");
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        var dialog = await page.OpenCreateDialogAsync("Trading bot");
        await page.EvaluateAsync("() => { window.notReloaded = true; }");
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(70);)
        {
            await page.Mouse.WheelAsync(0, 10);
            await DeliberateDelay.ForAsync(2_000, "the pace of a person who reads");
        }

        await dialog.Button("Create Now").ClickAsync();

        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        (await page.EvaluateAsync<bool>("() => window.notReloaded === true")).ShouldBeTrue();
    }
}
