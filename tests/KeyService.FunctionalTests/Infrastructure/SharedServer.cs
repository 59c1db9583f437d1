using KeyService.FunctionalTests.Infrastructure;

[assembly: AssemblyFixture(typeof(SharedServer))]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>One server for all tests that do nothing to it; each test works in a workspace of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private readonly TestStore _store = new();

    internal TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(_store);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>A workspace that no other test uses.</summary>
    public static string NewWorkspace() => $"w-{Guid.NewGuid():N}";
}
