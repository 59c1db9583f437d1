using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Benchmarks.Load;
using KeyService.Contracts.V1;
using KeyService.Testing;
using Microsoft.Playwright;

namespace KeyService.Benchmarks.Opening;

/// <summary>
/// <c>opening</c>: how long a browser that was never here takes to show the console, from the request to the frame that paints what the person came for:
/// the sign-in page, a list of 10 keys, a list of 100,000.
/// </summary>
internal static class OpeningCommand
{
    public const string Usage = "[--rounds 10] [--no-build]";

    private const int Few = 10;
    private const int Many = 100_000;

    public static async Task<int> RunAsync(string[] args)
    {
        if (!args.Contains("--no-build", StringComparer.Ordinal)) await PinnedServer.BuildAsync();
        var at = Array.IndexOf(args, "--rounds");
        var rounds = at < 0 ? 10 : int.Parse(args[at + 1], CultureInfo.InvariantCulture);

        await using var server = await PinnedServer.StartAsync(build: null);
        await SeedAsync(server);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("KEYSERVICE_TEST_CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
        var session = await SignInAsync(browser, server);

        (string Name, string Path, string Shown, List<double> Times)[] pages =
        [
            ("sign-in page", "sign-in", "#credential", []),
            ($"{Few} keys", "open-api/few", "table.keys tbody tr", []),
            ($"{Many:N0} keys", "open-api/many", "table.keys tbody tr", []),
        ];
        // The first round also warms the server up: a person comes to one that has run for a while.
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var page in pages)
            {
                var time = await MeasureAsync(browser, server, page.Path == "sign-in" ? null : session, page.Path, page.Shown);
                if (round > 0) page.Times.Add(time);
            }
        }

        foreach (var (name, _, _, times) in pages) Print($"{name}: {times.Min():0} / {Median(times):0} / {times.Max():0} ms (min / median / max of {rounds})");
        Print($"{pages[2].Name} : {pages[1].Name}, medians: {Median(pages[2].Times) / Median(pages[1].Times):0.00}");
        return 0;
    }

    private static async Task SeedAsync(PinnedServer server)
    {
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        var client = new ApiKeyService.ApiKeyServiceClient(channel);
        for (var i = 0; i < Few; i++) await CreateAsync(client, server, "few", string.Create(CultureInfo.InvariantCulture, $"key {i}"));
        await KeyCopies.CopyKeyAsync(server.DataDirectory, await CreateAsync(client, server, "many", "copied"), Many - 1);
    }

    private static async Task<string> CreateAsync(
        ApiKeyService.ApiKeyServiceClient client, PinnedServer server, string workspace, string name) =>
        (await client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = name }, new Metadata { { "authorization", $"Bearer {server.RootCredential}" } })).Key.KeyId;

    private static async Task<string> SignInAsync(IBrowser browser, PinnedServer server)
    {
        await using var context = await browser.NewContextAsync(new() { BaseURL = server.Http.ToString() });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/open-api/few");
        await page.GetByLabel("Credential", new() { Exact = true }).FillAsync(server.RootCredential);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForSelectorAsync("table.keys tbody tr");
        return await context.StorageStateAsync();
    }

    private static async Task<double> MeasureAsync(IBrowser browser, PinnedServer server, string? session, string path, string shown)
    {
        await using var context = await browser.NewContextAsync(new() { BaseURL = server.Http.ToString(), StorageState = session });
        var page = await context.NewPageAsync();
        var began = Stopwatch.GetTimestamp();
        await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Commit });
        await page.WaitForSelectorAsync(shown);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Median(List<double> times)
    {
        var sorted = times.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
