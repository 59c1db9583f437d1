using System.Net;
using KeyService.AdminConsole.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>Who tries without end is slowed, and nobody else is.</summary>
public sealed class ManyTriesTests(Browser browser)
{
    [Fact]
    public async Task Who_tries_one_after_the_other_is_slowed_and_who_has_a_good_one_signs_in_meanwhile()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);
        await using var visitor = await browser.OpenAsync(server);
        visitor.Expected.Add("429");
        var page = visitor.Page;
        await page.GotoAsync("/sign-in");
        using var guesser = new HttpVisitor(server);
        await guesser.OpenSignInAsync();
        for (var i = 0; i < 5; i++) (await guesser.SendCredentialAsync(Forged(server))).ShouldBe(HttpStatusCode.Unauthorized);

        var guesses = Enumerable.Range(0, 6).Select(_ => guesser.SendCredentialAsync(Forged(server))).ToList();
        // The one that there is no room for; the others wait.
        (await await Task.WhenAny(guesses)).ShouldBe(HttpStatusCode.TooManyRequests);
        await TryAsync(page, Forged(server));
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("too many were tried from where you are");
        await visitor.TakePictureAsync("sign-in-slowed");

        await TryAsync(page, server.RootCredential);
        await Expect(page.GetByText("There are no API Auth Keys yet")).ToBeVisibleAsync();
        (await Task.WhenAll(guesses)).Count(answer => answer == HttpStatusCode.Unauthorized).ShouldBe(5, "told late");
    }

    [Fact]
    public async Task People_behind_two_proxies_are_told_apart()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__Console__KnownProxies", "127.0.0.1,10.0.0.9"));
        using var guesser = new HttpVisitor(server, "203.0.113.1, 10.0.0.9");
        await guesser.OpenSignInAsync();
        for (var i = 0; i < 5; i++) (await guesser.SendCredentialAsync(Forged(server))).ShouldBe(HttpStatusCode.Unauthorized);
        var guesses = Enumerable.Range(0, 6).Select(_ => guesser.SendCredentialAsync(Forged(server))).ToList();
        (await await Task.WhenAny(guesses)).ShouldBe(HttpStatusCode.TooManyRequests);

        using var another = new HttpVisitor(server, "203.0.113.2, 10.0.0.9");
        await another.OpenSignInAsync();
        (await another.SendCredentialAsync(Forged(server))).ShouldBe(HttpStatusCode.Unauthorized);
        await Task.WhenAll(guesses);
    }

    private static string Forged(TestServer server) => server.RootCredential[..^1] + (server.RootCredential[^1] == '0' ? '1' : '0');

    private static async Task TryAsync(IPage page, string credential)
    {
        await page.GetByLabel("Credential", new() { Exact = true }).FillAsync(credential);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
    }
}
