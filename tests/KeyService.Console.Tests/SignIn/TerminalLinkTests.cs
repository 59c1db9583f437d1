using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using KeyService.AdminConsole.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>The sign-in link of the embedded default, for who sits at its terminal.</summary>
public sealed partial class TerminalLinkTests(Browser browser)
{
    [Fact]
    public async Task At_a_terminal_it_is_printed_and_signs_in_once()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        var (http, grpc) = Ports.FreePair();
        // `script` gives it a terminal.
        var start = new ProcessStartInfo("script") { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = store.Folder };
        start.ArgumentList.Add("-qefc");
        // A process that runs in the background of a shell ignores SIGINT, and so would this one, which inherits that.
        start.ArgumentList.Add($"env --default-signal=INT dotnet {store.ServerAssembly}");
        start.ArgumentList.Add("/dev/null");
        foreach (var (name, value) in store.Settings()) start.Environment[name] = value;
        (start.Environment["KeyService__HttpPort"], start.Environment["KeyService__GrpcPort"]) = ($"{http}", $"{grpc}");
        using var process = Process.Start(start)!;
        var lines = new ConcurrentQueue<string>();
        process.OutputDataReceived += (_, received) => lines.Enqueue(received.Data ?? "");
        process.BeginOutputReadLine();
        try
        {
            var link = await Eventually.Get(() => Task.FromResult(LinkIn(lines)), found => found.Length > 0, TimeSpan.FromSeconds(60));
            link.ShouldStartWith($"http://127.0.0.1:{http}/sign-in/link#token=");

            await SignInOnceAsync(link);

            process.StandardInput.Write('\u0003');
            process.StandardInput.Flush();
            process.WaitForExit(TimeSpan.FromSeconds(60)).ShouldBeTrue("it ends by Ctrl+C");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void Where_the_output_goes_elsewhere_there_is_none() =>
        browser.Server.Output.ShouldAllBe(line => !line.Contains("#token="));

    private async Task SignInOnceAsync(string link)
    {
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

    private static string LinkIn(IEnumerable<string> lines) =>
        lines.Select(line => Link().Match(line)).FirstOrDefault(match => match.Success)?.Value ?? "";

    [GeneratedRegex(@"http://\S+#token=\S+")]
    private static partial Regex Link();
}
