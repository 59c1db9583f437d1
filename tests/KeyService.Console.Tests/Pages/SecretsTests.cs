using System.Collections.Concurrent;
using KeyService.AdminConsole.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>An API key is where the person put it, and nowhere else.</summary>
public sealed class SecretsTests(Browser browser)
{
    [Fact]
    public async Task After_creating_and_copying_nothing_is_left_of_it()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(
            store, ("Logging__LogLevel__Default", "Debug"), ("Logging__LogLevel__Microsoft.AspNetCore", "Debug"));
        await using var visitor = await browser.OpenAsync(server);
        var page = visitor.Page;
        var asked = new ConcurrentQueue<string>();
        page.Request += (_, request) => asked.Enqueue($"{request.Url} {request.PostData}");
        await visitor.SignInAsync(path: "/open-api/secrets");

        await (await page.OpenCreateDialogAsync("Mine")).Button("Create Now").ClickAsync();
        var shown = await page.Locator("#new-api-key").InnerTextAsync();
        shown.ShouldStartWith("ks_live_");
        (await page.TitleAsync()).ShouldNotContain("ks_live_");
        await page.Button("Copy key").ClickAsync();
        await Expect(page.Notice("on your clipboard")).ToBeVisibleAsync();
        (await visitor.ClipboardAsync()).ShouldBe(shown);
        await page.Button("Hide the API Auth Key").ClickAsync();
        await Expect(page.Locator("#new-api-key")).ToHaveCountAsync(0);
        await page.Row("Mine").Button("Copy API Auth Key").ClickAsync();
        await Expect(page.Row("Mine").Button("Copy API Auth Key")).Not.ToHaveAttributeAsync("aria-busy", "true");

        var secret = shown["ks_live_".Length..];
        (await page.ContentAsync()).ShouldNotContain(secret);
        (await page.EvaluateAsync<string>("() => [...document.querySelectorAll('input, textarea')].map(field => field.value).join()")).ShouldNotContain(secret);
        (await page.EvaluateAsync<string>("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])")).ShouldNotContain(secret);
        (await page.EvaluateAsync<int>("async () => (await indexedDB.databases()).length + (await caches.keys()).length")).ShouldBe(0);
        await page.ReloadAsync();
        await Expect(page.Row("Mine")).ToBeVisibleAsync();
        (await page.ContentAsync()).ShouldNotContain(secret);
        await page.GotoAsync("/audit/secrets");
        await Expect(page.GetByText("Copied the API Auth Key")).ToBeVisibleAsync();
        (await page.ContentAsync()).ShouldNotContain(secret);

        asked.ShouldAllBe(request => !request.Contains(secret));
        // The form of the sign-in alone carries the credential.
        asked.Where(request => request.Contains(server.RootCredential)).ShouldHaveSingleItem().ShouldContain("/session/credential ");
        server.Output.ShouldContain(line => line.StartsWith("dbug:"), "Debug is on: all that could be logged is.");
        server.Output.ShouldAllBe(line => !line.Contains(secret) && !line.Contains(server.RootCredential));
    }

    [Fact]
    public async Task Another_tab_and_the_way_back_do_not_show_it_again()
    {
        var workspace = Issuing.NewWorkspace();
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(workspace);
        await (await page.OpenCreateDialogAsync("Mine")).Button("Create Now").ClickAsync();
        var shown = await page.Locator("#new-api-key").InnerTextAsync();

        await page.Row("Mine").GetByText("Mine").ClickAsync();
        await Expect(page.Heading("Key details")).ToBeVisibleAsync();
        await page.GoBackAsync();
        await Expect(page.Row("Mine")).ToBeVisibleAsync();

        (await page.ContentAsync()).ShouldNotContain(shown);
    }
}
