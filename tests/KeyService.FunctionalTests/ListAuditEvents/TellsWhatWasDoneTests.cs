using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ListAuditEvents;

public sealed class TellsWhatWasDoneTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task Events_come_newest_first_without_gaps_with_the_key_before_and_after()
    {
        var start = TestWorkspace.In(TimeSpan.FromSeconds(-1));
        var created = await _workspace.CreateAsync(request =>
        {
            request.Description = "for the desk";
            request.Scopes.Add("a.*");
            request.Metadata.Add("team", "7");
            request.AllowedAddresses.Add("10.0.0.0/8");
            request.ExpireTime = TestWorkspace.In(TimeSpan.FromDays(1));
        });
        var changed = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "lost");
        await _workspace.Client.RevealKeyAsync(new() { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId }, _workspace.Root);

        var events = await _workspace.AuditAsync();

        events.Select(e => (e.Sequence, e.Action)).ShouldBe([(3, "RevealKey"), (2, "SetStatus"), (1, "CreateKey")]);
        events.ShouldAllBe(e => e.WorkspaceId == _workspace.Id && e.KeyId == created.Key.KeyId && e.OnBehalfOf == "");
        events.ShouldAllBe(e => e.EventTime > start && e.EventTime < TestWorkspace.In(TimeSpan.FromSeconds(1)));
        events[2].Before.ShouldBeNull();
        events[2].After.ShouldBe(Recorded(created.Key));
        events[1].Before.ShouldBe(Recorded(created.Key));
        events[1].After.ShouldBe(Recorded(changed.Key));
        (events[0].Before, events[0].After).ShouldBe((null, null));
        events.ToString()!.ShouldNotContain(created.ApiKey[8..40]);
    }

    [Fact]
    public async Task The_actor_is_the_credential_and_a_portal_says_for_whom()
    {
        var portal = await _workspace.CreateCredentialAsync(["keys:write"], [_workspace.Id]);
        var headers = TestServer.As(portal.ApiKey);
        headers.Add("x-keyservice-actor", "alice@example.com");

        var created = await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(), headers);

        var audited = (await _workspace.AuditAsync()).ShouldHaveSingleItem();
        audited.Actor.ShouldBe(portal.Key.KeyId);
        audited.OnBehalfOf.ShouldBe("alice@example.com");
        created.Key.CreatedBy.ShouldBe(portal.Key.KeyId);
    }

    [Fact]
    public async Task An_actor_of_128_characters_is_taken_and_a_longer_one_refused_with_nothing_done()
    {
        var longest = _workspace.Root;
        longest.Add("x-keyservice-actor", new string('a', 128));
        var tooLong = _workspace.Root;
        tooLong.Add("x-keyservice-actor", new string('b', 129));

        await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(), longest);
        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(_workspace.KeyRequest(), tooLong));

        error.ShouldBeInvalid("x-keyservice-actor");
        (await _workspace.AuditAsync()).ShouldHaveSingleItem().OnBehalfOf.ShouldBe(new string('a', 128));
    }

    [Fact]
    public async Task A_key_filters_its_own_events()
    {
        var first = await _workspace.CreateAsync();
        var second = await _workspace.CreateAsync();
        await _workspace.SetStatusAsync(first.Key.KeyId, KeyStatus.Disabled);

        (await _workspace.AuditAsync(first.Key.KeyId)).Select(e => e.Sequence).ShouldBe([3, 1]);
        (await _workspace.AuditAsync(second.Key.KeyId)).Select(e => e.Sequence).ShouldBe([2]);
        (await _workspace.AuditAsync("key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_of_another_workspace_are_never_listed()
    {
        var elsewhere = TestWorkspace.New(shared);
        var theirs = await elsewhere.CreateAsync();

        (await _workspace.AuditAsync()).ShouldBeEmpty();
        (await _workspace.AuditAsync(theirs.Key.KeyId)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_refused_is_no_event()
    {
        var created = await _workspace.CreateAsync();
        await _workspace.CreateFailsAsync(request => request.Name = "");
        await CallError.Of(_workspace.Client.SetStatusAsync(
            new() { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId, Status = KeyStatus.Disabled, Etag = "stale" }, _workspace.Root));

        (await _workspace.AuditAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_installation_of_the_root_credential_is_the_first_event_of_workspace_system()
    {
        var request = new ListAuditEventsRequest { WorkspaceId = "system", PageSize = 500 };
        ListAuditEventsResponse page;
        do
        {
            page = await _workspace.Client.ListAuditEventsAsync(request, _workspace.Root);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        var first = page.Events[^1];
        (first.Sequence, first.Action, first.Actor).ShouldBe((1, "InstallRootCredential", "operator"));
    }

    /// <summary>What the trail keeps of a key.</summary>
    private static Key Recorded(Key key)
    {
        var recorded = key.Clone();
        (recorded.Etag, recorded.LastUsedTime) = ("", null);
        return recorded;
    }
}
