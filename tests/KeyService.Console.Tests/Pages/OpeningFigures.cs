using System.Diagnostics;
using System.Globalization;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.FunctionalTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>How long a browser that was never here takes to show the first key: printed, never asserted, on demand.</summary>
public sealed class OpeningFigures(Browser browser, ITestOutputHelper output)
{
    private const int Rounds = 10;

    [Fact(Explicit = true)]
    public async Task Few_keys_and_many_by_turns()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using var server = await ServerProcess.StartAsync(store);
        for (var i = 0; i < 10; i++) await server.IssueAsync("few", $"key {i}");
        await store.CopyKeyAsync((await server.IssueAsync("many", "copied")).Key.KeyId, copies: 100_000);
        await using var visitor = await browser.OpenAsync(server);
        await visitor.OpenKeysAsync("few");
        await Expect(visitor.Page.Rows().First).ToBeVisibleAsync();
        var session = await visitor.Context.StorageStateAsync();

        var (few, many) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            few.Add(await MeasureAsync(server, session, "few"));
            many.Add(await MeasureAsync(server, session, "many"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{round + 1}: 10 keys {few[^1]:0} ms, 100,000 keys {many[^1]:0} ms"));
        }

        var (medianOfFew, medianOfMany) = (Median(few), Median(many));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"median: 10 keys {medianOfFew:0} ms, 100,000 keys {medianOfMany:0} ms, ratio {medianOfMany / medianOfFew:0.00}"));
    }

    private async Task<double> MeasureAsync(ServerProcess server, string session, string workspace)
    {
        await using var context = await browser.Chromium.NewContextAsync(new() { BaseURL = server.HttpAddress.ToString(), StorageState = session });
        var page = await context.NewPageAsync();
        var began = Stopwatch.GetTimestamp();
        await page.GotoAsync($"/open-api/{workspace}", new() { WaitUntil = Microsoft.Playwright.WaitUntilState.Commit });
        // The wait is the page's own: it sees the row at the frame that paints it.
        await page.WaitForSelectorAsync("table.keys tbody tr");
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Median(List<double> times)
    {
        var sorted = times.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
