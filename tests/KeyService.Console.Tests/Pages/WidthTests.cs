using System.Text.RegularExpressions;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>Whatever the width of the window, everything is there and can be reached.</summary>
public sealed class WidthTests(Browser browser)
{
    /// <summary>Around each at which the page changes its shape, too.</summary>
    private static readonly int[] Widths = [.. Enumerable.Range(9, 28).Select(i => i * 40), 759, 760, 768, 810, 812, 958, 959, 1024, 1074, 1076];

    private readonly string _workspace = Issuing.NewWorkspace();

    [Fact]
    public async Task Nothing_is_cut_off_at_any()
    {
        var used = await browser.Server.IssueAsync(_workspace, "Trading bot of the night desk", request => request.Description = "Places orders for desk 7, and takes them back");
        await browser.Server.IssueAsync(_workspace, "Never used");
        await browser.Server.Client.ValidateKeyAsync(new() { ApiKey = used.ApiKey }, browser.Server.Root);
        await Eventually.IsTrueAsync(async () => (await browser.Server.GetAsync(used.Key)).LastUsedTime is not null, "the use is known", seconds: 60);
        await browser.Server.SwitchAsync((await browser.Server.ListAsync(_workspace)).Single(key => key.Name == "Never used"), KeyStatus.Disabled);
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        foreach (var path in (string[])[$"/open-api/{_workspace}", $"/audit/{_workspace}", $"/open-api/{_workspace}/keys/{used.Key.KeyId}"])
        {
            await page.SetViewportSizeAsync(1440, 900);
            await page.GotoAsync(path);
            await Expect(page.Rows().First).ToBeVisibleAsync();
            // As it is after some months.
            await page.EvaluateAsync("() => { for (const time of document.querySelectorAll('[data-label=\"Last Used\"] time')) time.textContent = '59 minutes ago'; }");
            foreach (var width in Widths)
            {
                await page.SetViewportSizeAsync(width, 900);
                await page.ShouldFitAsync($"{path} at {width}");
                if (path.EndsWith(_workspace, StringComparison.Ordinal) && width is 360 or 768 or 1024 or 1120) await visitor.TakePictureAsync($"width-{width}-{path.Split('/')[1]}");
            }
        }
    }

    [Fact]
    public async Task Where_rows_are_cards_the_order_is_picked_from_a_list_and_nobody_stops_at_what_is_hidden()
    {
        foreach (var name in (string[])["b", "c", "a"]) await browser.Server.IssueAsync(_workspace, name);
        await using var visitor = await browser.OpenAsync(options: new() { Width = 360, Touch = true });
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await Expect(page.KeyNames()).ToHaveTextAsync(["a", "c", "b"]);
        (await page.Locator("thead button").EvaluateAllAsync<bool>("all => all.some(one => one.checkVisibility())")).ShouldBeFalse();
        foreach (var column in (string[])["Key Name", "Last Used", "API Auth Key", "Date Created", "Status"])
            await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = column })).ToHaveCountAsync(1);

        foreach (var (order, query, names) in new[] { ("Key name", "?sort=name", (string[])["a", "b", "c"]), ("Oldest first", "?sort=oldest", ["b", "c", "a"]), ("Newest first", "", ["a", "c", "b"]) })
        {
            await page.Locator(".order .mud-select-input").First.TapAsync();
            await page.Locator(".mud-popover-open").GetByText(order, new() { Exact = true }).TapAsync();
            await Expect(page.KeyNames()).ToHaveTextAsync(names);
            await Expect(page).ToHaveURLAsync(new Regex(Regex.Escape($"/open-api/{_workspace}{query}") + "$"));
        }

        await visitor.ShouldBeAccessibleAsync("cards");
        await visitor.TakePictureAsync("cards");
        await page.SetViewportSizeAsync(1440, 900);
        await Expect(page.Button("Key Name")).ToBeVisibleAsync();
        await Expect(page.Locator(".order")).ToBeHiddenAsync();
    }

    /// <summary>Animations are over at once; what only comes when a wait is long still does.</summary>
    [Fact]
    public async Task Who_wants_no_motion_gets_none()
    {
        await browser.Server.IssueAsync(_workspace, "Trading bot");
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        await visitor.OpenKeysAsync(_workspace);
        await page.Toggle("Trading bot").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        (await page.EvaluateAsync<string[]>("""
            () => [...document.querySelectorAll('body *')]
                .filter(one => [...getComputedStyle(one).transitionDuration.split(','), ...getComputedStyle(one).animationDuration.split(',')].some(time => parseFloat(time) > .001))
                .map(one => one.outerHTML.slice(0, 120))
            """)).ShouldBeEmpty();
        (await page.EvaluateAsync<string>("""
            () => {
                const late = document.createElement('div');
                late.className = 'late';
                document.querySelector('main').append(late);
                const [first, delay] = [getComputedStyle(late).visibility, getComputedStyle(late).animationDelay];
                late.remove();
                return `${first} ${delay}`;
            }
            """)).ShouldBe("hidden 0.3s");
    }
}
