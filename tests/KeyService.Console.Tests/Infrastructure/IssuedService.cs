using Microsoft.Playwright;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>A server with an issuer at which people sign in.</summary>
internal sealed class IssuedService : IAsyncDisposable
{
    private readonly TestStore _store;

    private IssuedService(TestStore store, TestIssuer issuer, ServerProcess server) => (_store, Issuer, Server) = (store, issuer, server);

    public TestIssuer Issuer { get; }

    public ServerProcess Server { get; }

    public static async Task<IssuedService> StartAsync(params (string Name, string Value)[] settings)
    {
        var store = new TestStore();
        var issuer = await TestIssuer.StartAsync();
        var server = await ServerProcess.StartAsync(
            store,
            [
                ("KeyService__Oidc__Authority", issuer.Authority), ("KeyService__Oidc__Audience", issuer.Audience),
                ("KeyService__Oidc__ClientId", issuer.ClientId), ("KeyService__Oidc__ClientSecret", issuer.ClientSecret), .. settings,
            ]);
        return new(store, issuer, server);
    }

    /// <summary>Somebody whom the issuer knows.</summary>
    public async Task<Visitor> OpenAsync(Browser browser, TestPerson person)
    {
        Issuer.Set(person);
        Issuer.SignedIn = person.Subject;
        var visitor = await browser.OpenAsync(Server);
        // The issuer's own page.
        visitor.Expected.Add($"asked elsewhere: {Issuer.Authority}");
        return visitor;
    }

    public static async Task SignInAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your account" }).ClickAsync();
        await page.WaitForURLAsync(url => url.Contains("/open-api/", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Issuer.DisposeAsync();
        await _store.DisposeAsync();
    }
}
