using Grpc.Core;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>An API key that nobody can show again is there until its person has it, and what is lost is called lost.</summary>
public sealed class ShownOnceTests(Browser browser)
{
    private readonly string _workspace = Issuing.NewWorkspace();

    [Fact]
    public async Task A_key_whose_answer_was_lost_is_told_as_lost()
    {
        await using var served = await RelayedService.StartAsync();
        await using var visitor = await browser.OpenAsync(served.Console);
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace, served.Service.RootCredential);
        var isLost = false;
        served.Relay.Meet<CreateKeyRequest, CreateKeyResponse>("CreateKey", async (_, pass) =>
        {
            var answer = await pass();
            if (isLost) return answer;
            isLost = true;
            throw new RpcException(new(StatusCode.Unavailable, ""));
        });

        var dialog = await page.OpenCreateDialogAsync("Trading bot");
        await dialog.ChooseShownOnceAsync();
        await dialog.Button("Create Now").ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("If it was created, its API Auth Key is lost with that answer");
        await dialog.Button("Create Now").ClickAsync();

        await Expect(page.GetByText("The key was created, but its API Auth Key is lost.")).ToBeVisibleAsync();
        await Expect(page.Notice("did not arrive, and cannot be shown again")).ToBeVisibleAsync();
        await Expect(page.Row("Trading bot")).ToBeVisibleAsync();
        await Expect(page.Button("Copy key")).ToHaveCountAsync(0);
        await Expect(page.GetByText("This is the only time that it is shown.")).ToHaveCountAsync(0);
        await visitor.ShouldBeAccessibleAsync("lost-answer");
        await visitor.TakePictureAsync("lost-answer");
        (await served.Service.ListAsync(_workspace)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Each_waits_until_its_person_has_it_whatever_else_they_create()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await CreateAsync(page, "First", isShownOnce: true);
        await CreateAsync(page, "Second", isShownOnce: true);
        await CreateAsync(page, "Third", isShownOnce: false);
        await Expect(Shown(page)).ToHaveCountAsync(3);
        var texts = await Shown(page).AllTextContentsAsync();
        texts.Distinct().Count().ShouldBe(3);
        await visitor.ShouldBeAccessibleAsync("shown-once");
        await visitor.TakePictureAsync("shown-once");

        await page.GetByRole(AriaRole.Region, new() { Name = "API Auth Key of First" }).Button("Copy key").ClickAsync();
        await Expect(page.Notice("on your clipboard")).ToBeVisibleAsync();
        (await visitor.ClipboardAsync()).ShouldBe(texts[2]);
        await page.GetByRole(AriaRole.Region, new() { Name = "API Auth Key of First" }).Button("Hide the API Auth Key").ClickAsync();
        await Expect(Shown(page)).ToHaveTextAsync([texts[0], texts[1]]);
        await page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Open API" }).ClickAsync();
        await Expect(Shown(page)).ToHaveTextAsync([texts[1]]);
    }

    [Fact]
    public async Task It_waits_for_who_may_not_see_the_list_too()
    {
        var other = Issuing.NewWorkspace();
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace, await browser.Server.IssueCredentialAsync(["keys:write"], _workspace, other));
        await CreateAsync(page, "Unseen", isShownOnce: false);
        var text = await Shown(page).TextContentAsync();

        await page.EvaluateAsync("other => Blazor.navigateTo(`/open-api/${other}`)", other);
        await Expect(Shown(page)).ToHaveCountAsync(0);
        await page.EvaluateAsync("own => Blazor.navigateTo(`/open-api/${own}`)", _workspace);
        await Expect(Shown(page)).ToHaveTextAsync(text!);
    }

    [Fact]
    public async Task The_browser_asks_before_it_leaves_one_behind()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await CreateAsync(page, "Once", isShownOnce: true);
        var asked = new TaskCompletionSource<string>();
        page.Dialog += async (_, dialog) =>
        {
            await dialog.DismissAsync();
            asked.TrySetResult(dialog.Type);
        };

        await page.EvaluateAsync("() => { setTimeout(() => { location.href = '/audit/elsewhere'; }); }");
        (await asked.Task.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe("beforeunload");
        await Expect(Shown(page)).ToBeVisibleAsync();

        await page.Button("Hide the API Auth Key").ClickAsync();
        await Expect(Shown(page)).ToHaveCountAsync(0);
        await page.GotoAsync($"/audit/{_workspace}");
        await Expect(page.Heading("Audit trail")).ToBeVisibleAsync();
    }

    /// <summary>Who signs out elsewhere wants every tab to be gone, unasked.</summary>
    [Fact]
    public async Task The_page_itself_leaves_unasked()
    {
        await using var visitor = await browser.OpenAsync();
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await CreateAsync(page, "Once", isShownOnce: true);
        var asked = new List<string>();
        page.Dialog += async (_, dialog) =>
        {
            asked.Add(dialog.Type);
            await dialog.DismissAsync();
        };
        var other = await visitor.NewTabAsync();
        await other.GotoAsync($"/open-api/{_workspace}");
        await Expect(other.Row("Once")).ToBeVisibleAsync();
        await other.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await Expect(page.GetByLabel("Credential", new() { Exact = true })).ToBeVisibleAsync();
        asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Copying_one_does_not_wait_for_the_server()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
        await using var visitor = await browser.OpenAsync(server);
        var page = visitor.Page;
        await visitor.OpenKeysAsync(_workspace);
        await CreateAsync(page, "Once", isShownOnce: true);
        var text = await Shown(page).TextContentAsync();
        Signals.Send(server.Id, Signals.Stop);
        try
        {
            await page.Button("Copy key").ClickAsync();
            await Eventually.IsTrueAsync(async () => await visitor.ClipboardAsync() == text, "it is on the clipboard", seconds: 8);
        }
        finally
        {
            Signals.Send(server.Id, Signals.Continue);
        }

        await Expect(page.Notice("on your clipboard")).ToBeVisibleAsync();
    }

    private static ILocator Shown(IPage page) => page.GetByLabel("API Auth Key", new() { Exact = true });

    private static async Task CreateAsync(IPage page, string name, bool isShownOnce)
    {
        var dialog = await page.OpenCreateDialogAsync(name);
        if (isShownOnce) await dialog.ChooseShownOnceAsync();
        await dialog.Button("Create Now").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = $"API Auth Key of {name}" })).ToBeVisibleAsync();
        await Expect(dialog).ToHaveCountAsync(0);
    }
}
