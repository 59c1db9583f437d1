using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browser))]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>One Chromium for all tests, and one server for those that do nothing to it; each test has a context and a workspace of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>The shell has no window and no compositor to feed: it takes a third less CPU time.</summary>
    private static readonly string[] Places =
        ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly TestStore _store = new();
    private IPlaywright _playwright = null!;

    internal IBrowser Chromium { get; private set; } = null!;

    internal TestServer Server { get; private set; } = null!;

    /// <summary>Where the pictures are that a person is to look at.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(Repository.Root, "TestResults", "console")).FullName;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        // A busy test machine is slower than the five seconds that it has by default.
        Assertions.SetDefaultExpectTimeout(30_000);
        Chromium = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("KEYSERVICE_TEST_CHROMIUM") ?? Array.Find(Places, File.Exists)
                ?? throw new InvalidOperationException("No Chromium: install Debian's chromium, or name one in KEYSERVICE_TEST_CHROMIUM."),
            // Containers give the sandbox what it needs to no one but themselves.
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
        // Nobody here is to be told of a change that is not everywhere yet: a busy machine is slower than the 2 s that it waits by itself.
        Server = await TestServer.StartAsync(_store, ("KeyService__PropagationWait", "00:00:06"));
        // A test that ends while its page goes to another address: the framework logs that as an error.
        Server.ExpectedErrors.Add("RemoteNavigationManager");
    }

    public async ValueTask DisposeAsync()
    {
        await Chromium.DisposeAsync();
        _playwright.Dispose();
        await Server.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>A person at a browser of their own.</summary>
    internal Task<Visitor> OpenAsync(TestServer? server = null, VisitorOptions? options = null) =>
        Visitor.StartAsync(Chromium, server ?? Server, options ?? new());
}
