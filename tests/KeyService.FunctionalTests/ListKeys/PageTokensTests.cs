using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ListKeys;

/// <summary>A token holds for the list that it was made for, and for nothing else.</summary>
public sealed class PageTokensTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    public static TheoryData<string> Damages => ["cut at the end", "cut at the front", "one letter changed", "doubled", "empty bytes", "no base64", "long"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_token_is_refused(string damage)
    {
        var token = await TokenAsync();

        await ShouldRefuseAsync(request => request.PageToken = damage switch
        {
            "cut at the end" => token[..^2],
            "cut at the front" => token[2..],
            "one letter changed" => token[..20] + (token[20] == 'A' ? 'B' : 'A') + token[21..],
            "doubled" => token + token,
            "empty bytes" => "AAAA",
            "no base64" => "%_[]^'\\",
            _ => new string('A', 100_000),
        });
    }

    [Fact]
    public async Task No_letter_of_a_token_can_be_changed()
    {
        var token = await TokenAsync();

        for (var i = 0; i < token.Length - 1; i++)
        {
            var forged = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            await ShouldRefuseAsync(request => request.PageToken = forged);
        }
    }

    [Fact]
    public async Task A_token_of_another_workspace_is_refused()
    {
        var elsewhere = TestWorkspace.New(shared);
        await elsewhere.CreateAsync();
        var token = await TokenAsync();

        await ShouldRefuseAsync(request => (request.WorkspaceId, request.PageToken) = (elsewhere.Id, token));
    }

    [Fact]
    public async Task A_token_of_another_filter_is_refused()
    {
        var token = await TokenAsync();

        await ShouldRefuseAsync(request => (request.Query, request.PageToken) = ("bot", token));
        await ShouldRefuseAsync(request => (request.Status, request.PageToken) = (KeyStatus.Enabled, token));
    }

    [Fact]
    public async Task A_token_of_another_order_is_refused()
    {
        var token = await TokenAsync();

        await ShouldRefuseAsync(request => (request.OrderBy, request.PageToken) = ("name", token));
        await ShouldRefuseAsync(request => (request.OrderBy, request.PageToken) = ("create_time", token));
    }

    [Fact]
    public async Task A_token_of_another_caller_is_refused()
    {
        var token = await TokenAsync();
        var other = await _workspace.CallerAsync("keys:read");

        await ShouldRefuseAsync(request => request.PageToken = token, other);
    }

    [Fact]
    public async Task A_token_of_the_audit_list_is_refused()
    {
        await TokenAsync();
        var audit = await _workspace.Client.ListAuditEventsAsync(new() { WorkspaceId = _workspace.Id, PageSize = 1 }, _workspace.Root);

        await ShouldRefuseAsync(request => request.PageToken = audit.NextPageToken);
    }

    [Fact]
    public async Task A_token_tells_nothing_of_what_it_holds()
    {
        var token = await TokenAsync();

        var bytes = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token));
        bytes.ShouldNotContain("key_");
        bytes.ShouldNotContain(_workspace.Id);
    }

    private async Task<string> TokenAsync()
    {
        await _workspace.CreateAsync();
        await _workspace.CreateAsync();
        var page = await _workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, PageSize = 1 }, _workspace.Root);
        return page.NextPageToken.ShouldNotBeNull();
    }

    private async Task ShouldRefuseAsync(Action<ListKeysRequest> change, Metadata? caller = null)
    {
        var request = new ListKeysRequest { WorkspaceId = _workspace.Id, PageSize = 1 };
        change(request);

        var error = await CallError.Of(_workspace.Client.ListKeysAsync(request, caller ?? _workspace.Root));

        error.ShouldBe(StatusCode.InvalidArgument, "INVALID_PAGE_TOKEN");
    }
}
