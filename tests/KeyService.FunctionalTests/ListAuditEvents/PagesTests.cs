using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ListAuditEvents;

public sealed class PagesTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task All_pages_together_are_all_events_once()
    {
        for (var i = 0; i < 7; i++) await _workspace.CreateAsync();

        for (var size = 1; size <= 8; size++)
        {
            var sequences = new List<long>();
            var request = new ListAuditEventsRequest { WorkspaceId = _workspace.Id, PageSize = size };
            do
            {
                var page = await _workspace.Client.ListAuditEventsAsync(request, _workspace.Root);
                page.Events.Count.ShouldBeInRange(1, size);
                sequences.AddRange(page.Events.Select(e => e.Sequence));
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);
            sequences.ShouldBe([7, 6, 5, 4, 3, 2, 1]);
        }
    }

    [Fact]
    public async Task The_page_size_is_50_unless_said()
    {
        await Task.WhenAll(Enumerable.Range(0, 51).Select(_ => _workspace.CreateAsync()));

        var page = await _workspace.Client.ListAuditEventsAsync(new() { WorkspaceId = _workspace.Id }, _workspace.Root);

        page.Events.Count.ShouldBe(50);
        page.NextPageToken.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task What_breaks_a_limit_is_refused_all_at_once()
    {
        var error = await CallError.Of(_workspace.Client.ListAuditEventsAsync(
            new() { WorkspaceId = "a b", KeyId = "a b", PageSize = -1 }, _workspace.Root));

        error.ShouldBeInvalid("workspace_id", "key_id", "page_size");
    }

    public static TheoryData<string> OtherLists => ["workspace", "key", "caller", "damaged", "of ListKeys"];

    [Theory]
    [MemberData(nameof(OtherLists))]
    public async Task A_token_made_for_another_list_is_refused(string other)
    {
        var created = await _workspace.CreateAsync();
        await _workspace.CreateAsync();
        var page = await _workspace.Client.ListAuditEventsAsync(new() { WorkspaceId = _workspace.Id, PageSize = 1 }, _workspace.Root);
        var keys = await _workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, PageSize = 1 }, _workspace.Root);
        var request = new ListAuditEventsRequest { WorkspaceId = _workspace.Id, PageSize = 1, PageToken = page.NextPageToken };
        var caller = _workspace.Root;
        switch (other)
        {
            case "workspace": request.WorkspaceId = SharedServer.NewWorkspace(); break;
            case "key": request.KeyId = created.Key.KeyId; break;
            case "caller": caller = await _workspace.CallerAsync("keys:audit"); break;
            case "damaged": request.PageToken = page.NextPageToken[..^3]; break;
            default: request.PageToken = keys.NextPageToken; break;
        }

        var error = await CallError.Of(_workspace.Client.ListAuditEventsAsync(request, caller));

        error.ShouldBe(StatusCode.InvalidArgument, "INVALID_PAGE_TOKEN");
    }
}
