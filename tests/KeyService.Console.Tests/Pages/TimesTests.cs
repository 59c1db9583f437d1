using System.Globalization;
using System.Text.RegularExpressions;
using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>Times are those of the person's own clock, and say which.</summary>
[TakesLong]
public sealed partial class TimesTests(Browser browser)
{
    [Theory]
    [InlineData("Asia/Kolkata", "UTC+05:30")]
    [InlineData("America/New_York", "UTC-05:00", "UTC-04:00")]
    [InlineData("Etc/UTC", "UTC")]
    public async Task Moments_are_told_in_the_time_zone_of_the_browser(string zone, params string[] offsets)
    {
        var workspace = Issuing.NewWorkspace();
        var created = (await browser.Server.IssueAsync(workspace, "Timed")).Key.CreateTime.ToDateTimeOffset();
        await using var visitor = await browser.OpenAsync(options: new() { TimeZone = zone });
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);

        var local = TimeZoneInfo.ConvertTimeBySystemTimeZoneId(created, zone);
        var exact = await page.Row("Timed").Locator("[data-label='Date Created'] time").GetAttributeAsync("title");
        exact.ShouldBeOneOf([.. offsets.Select(offset => string.Create(CultureInfo.InvariantCulture, $"{local:d MMM yyyy, HH:mm:ss} ({offset})"))]);
        await Expect(page.Row("Timed").Locator("[data-label='Date Created'] time")).ToHaveTextAsync(local.ToString("d MMM yyyy", CultureInfo.InvariantCulture));

        await page.GotoAsync($"/audit/{workspace}");
        await Expect(page.Row("Created the key")).ToContainTextAsync(exact!);
    }

    [Fact]
    public async Task A_key_that_was_never_used_says_so_and_one_that_was_says_when()
    {
        var workspace = Issuing.NewWorkspace();
        var created = await browser.Server.IssueAsync(workspace, "Used");
        await browser.Server.IssueAsync(workspace, "Unused");
        (await browser.Server.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, browser.Server.Root)).KeyId.ShouldBe(created.Key.KeyId);
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        await Expect(page.Row("Unused").Locator("[data-label='Last Used']")).ToHaveTextAsync("Never");

        var used = page.Row("Used").Locator("[data-label='Last Used'] time").First;
        for (var i = 0; i < 40 && !await used.IsVisibleAsync(); i++)
        {
            await DeliberateDelay.ForAsync(500, "it is written down every few seconds");
            await page.ReloadAsync();
            await Expect(page.Row("Unused")).ToBeVisibleAsync();
        }

        await Expect(used).ToHaveTextAsync(Ago());
        (await used.GetAttributeAsync("title"))!.ShouldMatch(@"^\d{1,2} \w{3} \d{4}, \d\d:\d\d:\d\d \(UTC\+0[12]:00\)$");
    }

    /// <summary>Also for who only looks.</summary>
    [Fact]
    public async Task How_long_ago_it_was_stays_true()
    {
        var workspace = Issuing.NewWorkspace();
        var created = await browser.Server.IssueAsync(workspace, "Used");
        await browser.Server.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, browser.Server.Root);
        await Eventually.IsTrueAsync(async () => (await browser.Server.GetAsync(created.Key)).LastUsedTime is not null, "the use is known", seconds: 60);
        await using var visitor = await browser.OpenAsync();
        await visitor.OpenKeysAsync(workspace);
        await Expect(visitor.Page.Row("Used").Locator("[data-label='Last Used'] time")).ToHaveTextAsync(Ago());

        await Expect(visitor.Page.Row("Used").Locator("[data-label='Last Used'] time")).ToHaveTextAsync(new Regex("^[1-9] minutes? ago$"), new() { Timeout = 150_000 });
    }

    /// <summary>The end of a day of the person's calendar, wherever they are.</summary>
    [Theory]
    [InlineData("Asia/Kolkata")]
    [InlineData("America/New_York")]
    public async Task The_last_day_of_a_key_ends_when_it_ends_for_who_picked_it(string zone)
    {
        var workspace = Issuing.NewWorkspace();
        await using var visitor = await browser.OpenAsync(options: new() { TimeZone = zone });
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        var dialog = await page.OpenCreateDialogAsync("Short-lived");
        await dialog.GetByText("More options").ClickAsync();
        await dialog.Field("Last day (Optional)").FillAsync("2031-03-14");
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.Row("Short-lived")).ToBeVisibleAsync();

        var key = (await browser.Server.ListAsync(workspace)).ShouldHaveSingleItem();
        TimeZoneInfo.ConvertTimeBySystemTimeZoneId(key.ExpireTime.ToDateTimeOffset(), zone).DateTime.ShouldBe(new(2031, 3, 15));
        await page.GetByRole(AriaRole.Link, new() { Name = "Short-lived" }).ClickAsync();
        await Expect(page.Locator("dd", new() { HasText = "15 Mar 2031, 00:00:00 (UTC" })).ToBeVisibleAsync();
    }

    [GeneratedRegex(@"^(just now|\d+ (second|minute)s? ago)$")]
    private static partial Regex Ago();
}
