using System.Net;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ListAuditEvents;

/// <summary>Keys at their limits: a page of them would be longer than a client receives.</summary>
public sealed class LongPagesTests(SharedServer shared)
{
    /// <summary>Of gRPC clients by default.</summary>
    private const int MaxReceived = 4 * 1024 * 1024;

    private const int Keys = 60;

    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task A_page_ends_before_it_is_longer_than_a_client_receives_and_the_rest_follows()
    {
        await Parallel.ForAsync(0, Keys, async (_, _) =>
        {
            var created = await _workspace.CreateAsync(AtItsLimits);
            await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, Many(256));
        });

        // The shared client receives what any does by default.
        var events = new List<long>();
        var request = new ListAuditEventsRequest { WorkspaceId = _workspace.Id, PageSize = 500 };
        var pages = 0;
        do
        {
            var page = await _workspace.Client.ListAuditEventsAsync(request, _workspace.Root);
            page.CalculateSize().ShouldBeLessThanOrEqualTo(MaxReceived);
            page.Events.ShouldNotBeEmpty();
            events.AddRange(page.Events.Select(e => e.Sequence));
            request.PageToken = page.NextPageToken;
            pages++;
        }
        while (request.PageToken.Length > 0);
        events.ShouldBe(Enumerable.Range(1, 2 * Keys).Select(n => (long)n).Reverse());
        pages.ShouldBeInRange(2, 3, "pages are as long as they may be");

        var path = $"/v1/workspaces/{_workspace.Id}/auditEvents?pageSize=500";
        (await JsonPagesAsync(path, "events")).ShouldBe(2 * Keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData("name")]
    public async Task A_list_of_keys_does_too(string order)
    {
        await Parallel.ForAsync(0, 2 * Keys, async (_, _) => await _workspace.CreateAsync(AtItsLimits));

        var keys = new HashSet<string>();
        var request = new ListKeysRequest { WorkspaceId = _workspace.Id, PageSize = 500, OrderBy = order };
        var pages = 0;
        do
        {
            var page = await _workspace.Client.ListKeysAsync(request, _workspace.Root);
            page.CalculateSize().ShouldBeLessThanOrEqualTo(MaxReceived);
            foreach (var key in page.Keys) keys.Add(key.KeyId).ShouldBeTrue();
            request.PageToken = page.NextPageToken;
            pages++;
        }
        while (request.PageToken.Length > 0);
        keys.Count.ShouldBe(2 * Keys);
        pages.ShouldBe(2);

        (await JsonPagesAsync($"/v1/workspaces/{_workspace.Id}/keys?pageSize=500&orderBy={order}", "keys")).ShouldBe(2 * Keys);
    }

    /// <returns>How many items all pages have.</returns>
    private async Task<int> JsonPagesAsync(string path, string items)
    {
        var (count, token) = (0, "");
        do
        {
            var page = await JsonAnswer.Get(shared.Server, $"{path}&pageToken={token}");
            page.Status.ShouldBe(HttpStatusCode.OK);
            System.Text.Encoding.UTF8.GetByteCount(page.Text).ShouldBeLessThanOrEqualTo(MaxReceived);
            var body = page.Body;
            count += body.GetProperty(items).GetArrayLength();
            token = body.GetProperty("nextPageToken").GetString()!;
        }
        while (token.Length > 0);
        return count;
    }

    private static void AtItsLimits(CreateKeyRequest request)
    {
        request.Name = Many(128);
        request.Description = Many(1_024);
        for (var i = 0; i < 32; i++) request.Metadata.Add(Many(62) + $"{i:00}", Many(256));
    }

    private static string Many(int count) => string.Concat(Enumerable.Repeat("\U0001F600", count));
}
