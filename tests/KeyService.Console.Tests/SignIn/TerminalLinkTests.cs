using System.Diagnostics;
using System.Text.RegularExpressions;
using KeyService.AdminConsole.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>The sign-in link of the embedded default, for who sits at its terminal.</summary>
public sealed partial class TerminalLinkTests(Browser browser, ITestOutputHelper output)
{
    [Fact]
    public async Task At_a_terminal_it_is_printed_and_signs_in_once()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        var (http, grpc) = Ports.FreePair();
        // `script` gives it a terminal.
        var start = new ProcessStartInfo("script") { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = store.Folder };
        start.ArgumentList.Add("-qefc");
        start.ArgumentList.Add($"dotnet {store.ServerAssembly}");
        start.ArgumentList.Add("/dev/null");
        foreach (var (name, value) in store.Settings()) start.Environment[name] = value;
        (start.Environment["KeyService__HttpPort"], start.Environment["KeyService__GrpcPort"]) = ($"{http}", $"{grpc}");
        using var process = Process.Start(start)!;
        try
        {
            var link = await ReadLinkAsync(process.StandardOutput).WaitAsync(TimeSpan.FromSeconds(60));
            link.ShouldStartWith($"http://127.0.0.1:{http}/sign-in/link#token=");

            await using var context = await browser.Chromium.NewContextAsync();
            var page = await context.NewPageAsync();
            await page.GotoAsync(link);
            await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
            page.Url.ShouldEndWith("/open-api/default");
            (await page.EvaluateAsync<string>("() => performance.getEntriesByType('navigation')[0].name")).ShouldNotContain("token");

            await using var another = await browser.Chromium.NewContextAsync();
            var late = await another.NewPageAsync();
            await late.GotoAsync(link);
            await Expect(late.GetByText("This sign-in link was used already, or is too old.")).ToBeVisibleAsync();
            late.Url.ShouldNotContain("token");
        }
        finally
        {
            // An output that is not read would hold up what the server writes at its end.
            var rest = process.StandardOutput.ReadToEndAsync();
            process.StandardInput.Write('\u0003');
            process.StandardInput.Flush();
            if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
            {
                process.Kill(entireProcessTree: true);
                output.WriteLine($"It did not end by Ctrl+C within 30 s: {await rest}");
            }
        }
    }

    [Fact]
    public void Where_the_output_goes_elsewhere_there_is_none() =>
        browser.Server.Output.ShouldAllBe(line => !line.Contains("#token="));

    private static async Task<string> ReadLinkAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (Link().Match(line) is { Success: true } match) return match.Value;
        }

        throw new InvalidOperationException("The server ended without a link.");
    }

    [GeneratedRegex(@"http://\S+#token=\S+")]
    private static partial Regex Link();
}
