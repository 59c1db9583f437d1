using Grpc.Core;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>What the service has not said yet is neither offered nor refused, and who went on is not called back.</summary>
public sealed class SlowServiceTests(Browser browser, RelayedService served) : IClassFixture<RelayedService>, IAsyncLifetime
{
    private readonly string _workspace = Issuing.NewWorkspace();
    private readonly SemaphoreSlim _held = new(0);
    private Visitor _visitor = null!;

    private IPage Page => _visitor.Page;

    public async ValueTask InitializeAsync() => _visitor = await browser.OpenAsync(served.Console);

    public async ValueTask DisposeAsync()
    {
        served.Relay.PassAll();
        _held.Release(1000);
        await _visitor.DisposeAsync();
    }

    [Fact]
    public async Task The_audit_trail_is_offered_once_it_is_known_that_they_may_see_it()
    {
        HoldCaller();
        await _visitor.OpenKeysAsync(_workspace, served.Service.RootCredential);
        await Expect(Page.GetByLabel("Workspace", new() { Exact = true })).ToBeEnabledAsync();
        await Expect(Page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" })).ToHaveCountAsync(0);

        _held.Release(1000);
        await Expect(Page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Another_workspace_is_opened_though_it_is_not_known_yet_which_ones_there_are()
    {
        HoldCaller();
        await _visitor.OpenKeysAsync(_workspace, served.Service.RootCredential);
        var picker = Page.GetByLabel("Workspace", new() { Exact = true });
        await Expect(picker).ToBeEnabledAsync();
        await picker.FillAsync(_workspace + "-other");
        await picker.PressAsync("Enter");

        await Page.ShouldReachAsync($"/open-api/{_workspace}-other$");
        await Expect(Page.GetByText("You have no permission in this workspace")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task What_went_wrong_in_one_workspace_is_not_told_of_the_next()
    {
        served.Relay.Meet<GetCallerRequest, GetCallerResponse>("GetCaller", async (request, pass) =>
        {
            if (request.WorkspaceId == _workspace) throw new RpcException(new(StatusCode.PermissionDenied, ""));
            if (request.WorkspaceId.Length > 0) await _held.WaitAsync();
            return await pass();
        });
        await _visitor.OpenKeysAsync(_workspace, served.Service.RootCredential);
        var told = Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "You do not have permission" });
        await Expect(told).ToBeVisibleAsync();

        await Page.EvaluateAsync("other => Blazor.navigateTo(`/open-api/${other}`)", _workspace + "-other");

        await Expect(Page.GetByLabel("Workspace", new() { Exact = true })).ToHaveValueAsync(_workspace + "-other");
        (await told.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Who_went_on_to_another_page_is_told_of_their_new_key_there()
    {
        served.Relay.Meet<CreateKeyRequest, CreateKeyResponse>("CreateKey", async (_, pass) =>
        {
            await _held.WaitAsync();
            return await pass();
        });
        await served.Service.IssueAsync(_workspace, "There before");
        await _visitor.SignInAsync(served.Service.RootCredential, $"/open-api/{_workspace}?sort=name");
        await Expect(Page.Row("There before")).ToBeVisibleAsync();
        var dialog = await Page.OpenCreateDialogAsync("Trading bot");
        await dialog.ChooseShownOnceAsync();
        await dialog.Button("Create Now").ClickAsync();
        await Expect(dialog.Button("Creating…")).ToBeVisibleAsync();
        await Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        await Page.GetByRole(AriaRole.Link, new() { Name = "Audit trail" }).ClickAsync();
        await Expect(Page.GetByText("Created the key")).ToHaveCountAsync(1);

        _held.Release();
        await Expect(Page.Notice("was created")).ToBeVisibleAsync();
        await Expect(Page.Heading("Audit trail")).ToBeVisibleAsync();
        Page.Url.ShouldEndWith($"/audit/{_workspace}");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Open API" }).ClickAsync();
        await Expect(Page.Locator("#new-api-key")).ToContainTextAsync("ks_live_");
    }

    /// <summary>A page of the list that is gone is no stop on the way back.</summary>
    [Fact]
    public async Task The_way_back_leads_past_a_page_that_is_not_there()
    {
        await served.Service.IssueAsync(_workspace, "Trading bot");
        await _visitor.SignInAsync(served.Service.RootCredential, $"/audit/{_workspace}");
        await Expect(Page.Heading("Audit trail")).ToBeVisibleAsync();
        await Page.GotoAsync($"/open-api/{_workspace}?after=nonsense");
        await Expect(Page.Row("Trading bot")).ToBeVisibleAsync();

        await Page.GoBackAsync();

        await Expect(Page.Heading("Audit trail")).ToBeVisibleAsync();
        Page.Url.ShouldEndWith($"/audit/{_workspace}");
    }

    /// <summary>Not the one of the sign-in, which asks for no workspace.</summary>
    private void HoldCaller() => served.Relay.Meet<GetCallerRequest, GetCallerResponse>("GetCaller", async (request, pass) =>
    {
        if (request.WorkspaceId.Length > 0) await _held.WaitAsync();
        return await pass();
    });
}
