using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>How a person looks at it.</summary>
internal sealed record VisitorOptions
{
    public int Width { get; init; } = 1440;

    public int Height { get; init; } = 900;

    public bool Dark { get; init; }

    public string TimeZone { get; init; } = "Europe/Berlin";

    public bool Touch { get; init; }
}

/// <summary>
/// A person at a browser. Disposing it fails when the browser complained (scripts, the content security policy, files that are not there), or asked anybody
/// but the server for anything.
/// </summary>
internal sealed class Visitor : IAsyncDisposable
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly IBrowserContext _context;
    private readonly bool _isDark;

    private Visitor(IBrowserContext context, IPage page, TestServer server, bool isDark) =>
        (_context, Page, Server, _isDark) = (context, page, server, isDark);

    public IPage Page { get; private set; }

    public TestServer Server { get; }

    public IBrowserContext Context => _context;

    /// <summary>Complaints that the test brings about itself.</summary>
    public List<string> Expected { get; } = [];

    public static async Task<Visitor> StartAsync(IBrowser browser, TestServer server, VisitorOptions options)
    {
        var context = await browser.NewContextAsync(new()
        {
            BaseURL = server.HttpAddress.ToString(),
            ViewportSize = new() { Width = options.Width, Height = options.Height },
            ColorScheme = options.Dark ? ColorScheme.Dark : ColorScheme.Light,
            TimezoneId = options.TimeZone,
            Locale = "en-GB",
            HasTouch = options.Touch,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(30_000);
        var visitor = new Visitor(context, await context.NewPageAsync(), server, options.Dark);
        visitor.Watch(visitor.Page);
        return visitor;
    }

    /// <summary>Another tab of the same browser.</summary>
    public async Task<IPage> NewTabAsync()
    {
        var page = await _context.NewPageAsync();
        Watch(page);
        return page;
    }

    /// <summary>With the root credential, or another one, at the sign-in page.</summary>
    public async Task SignInAsync(string? credential = null, string path = "/")
    {
        await Page.GotoAsync(path);
        await Page.GetByLabel("Credential", new() { Exact = true }).FillAsync(credential ?? Server.RootCredential);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Page.ShouldReachAsync("^(?!.*(/sign-in|/session/))");
    }

    /// <summary>The keys of a workspace, signed in without the sign-in page: that has tests of its own.</summary>
    public async Task OpenKeysAsync(string workspace, string? credential = null)
    {
        using var session = await HttpVisitor.SignInAsync(Server, credential, _isDark);
        await _context.AddCookiesAsync(session.CookiesOfBrowser());
        await Page.GotoAsync($"/open-api/{workspace}", new() { WaitUntil = WaitUntilState.DOMContentLoaded });
        await Page.WhenInteractiveAsync();
    }

    /// <summary>No violation of the rules of accessibility on what is shown now.</summary>
    public async Task ShouldBeAccessibleAsync(string where)
    {
        // What fades in has no contrast yet.
        await Page.WaitForAnimationsAsync();
        var violations = await ViolationsAsync();
        if (violations.Length > 0)
        {
            await DeliberateDelay.ForAsync(600, "a notice fades out");
            violations = await ViolationsAsync();
        }

        violations.ShouldBeEmpty(where);
    }

    /// <summary>A page with a violation fails: otherwise <see cref="ShouldBeAccessibleAsync"/> proves nothing.</summary>
    public async Task ShouldFindViolationsAsync()
    {
        await Page.EvaluateAsync("() => document.querySelector('main').append(document.createElement('img'))");
        await Page.EvaluateAsync("() => document.querySelectorAll('h1').forEach(heading => heading.remove())");
        var violations = await ViolationsAsync();
        violations.ShouldContain(violation => violation.StartsWith("image-alt", StringComparison.Ordinal));
        violations.ShouldContain(violation => violation.StartsWith("page-has-heading-one", StringComparison.Ordinal));
    }

    /// <summary>
    /// In the page itself, which has no frames. The library's own run loads axe again each time, and once more in a new page that merges
    /// the results of frames: twice the CPU time. Details of rules without violations are left out for the same reason.
    /// </summary>
    private async Task<string[]> ViolationsAsync()
    {
        Page.Frames.Count.ShouldBe(1);
        if (!await Page.EvaluateAsync<bool>("() => 'axe' in window")) await Page.EvaluateAsync(Axe);
        return await Page.EvaluateAsync<string[]>("""
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
                .map(violation => `${violation.id}: ${violation.help}: ${violation.nodes.map(node => node.html).join(' | ')}`)
            """);
    }

    /// <summary>For a person to look at.</summary>
    public async Task TakePictureAsync(string name)
    {
        await Page.WaitForAnimationsAsync();
        await Page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Pictures, $"{name}.png") });
    }

    public async Task<string> ClipboardAsync() => await Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        var unexpected = _complaints.Where(complaint => !Expected.Exists(complaint.Contains)).ToList();
        unexpected.ShouldBeEmpty();
    }

    private void Watch(IPage page)
    {
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") _complaints.Enqueue($"console: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"script: {error}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(Server.HttpAddress.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                _complaints.Enqueue($"asked elsewhere: {request.Url}");
        };
    }
}
