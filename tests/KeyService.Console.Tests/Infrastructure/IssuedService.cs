using Microsoft.Playwright;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>A server with an issuer at which people sign in. Tests of a class may share it, each with people of its own.</summary>
public sealed class IssuedService : IAsyncLifetime
{
    private readonly TestStore _store = new();

    internal TestIssuer Issuer { get; private set; } = null!;

    internal TestServer Server { get; private set; } = null!;

    internal static async Task<IssuedService> StartAsync(params (string Name, string Value)[] settings)
    {
        var service = new IssuedService();
        await service.InitializeAsync(settings);
        return service;
    }

    public ValueTask InitializeAsync() => InitializeAsync([]);

    /// <summary>Somebody whom the issuer knows.</summary>
    internal async Task<Visitor> OpenAsync(Browser browser, TestPerson person)
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
        await page.ShouldReachAsync("/open-api/");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Issuer.DisposeAsync();
        await _store.DisposeAsync();
    }

    private async ValueTask InitializeAsync((string Name, string Value)[] settings)
    {
        Issuer = await TestIssuer.StartAsync();
        Server = await TestServer.StartInProcessAsync(
            _store,
            [
                ("KeyService__Oidc__Authority", Issuer.Authority), ("KeyService__Oidc__Audience", Issuer.Audience),
                ("KeyService__Oidc__ClientId", Issuer.ClientId), ("KeyService__Oidc__ClientSecret", Issuer.ClientSecret), .. settings,
            ]);
    }
}
