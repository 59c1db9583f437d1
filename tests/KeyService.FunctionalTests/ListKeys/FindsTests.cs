using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ListKeys;

public sealed class FindsTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("[")]
    [InlineData("]")]
    [InlineData("^")]
    [InlineData("'")]
    [InlineData("\\")]
    [InlineData("%_[]^'\\")]
    [InlineData("[a-z]")]
    [InlineData("\"")]
    [InlineData("--")]
    public async Task A_query_is_taken_literally(string query)
    {
        var wanted = await _workspace.CreateAsync(request => request.Name = $"x{query}y");
        await _workspace.CreateAsync(request => request.Name = "plain");

        var found = await _workspace.ListAsync(request => request.Query = query);

        found.ShouldHaveSingleItem().KeyId.ShouldBe(wanted.Key.KeyId);
    }

    [Theory]
    [InlineData("trading", "TRADING")]
    [InlineData("ТОРГОВЛЯ", "торговля")]
    [InlineData("ＦＵＬＬ", "full")]
    [InlineData("e\u0301lan", "Élan")]
    [InlineData("🔑 vault", "🔑")]
    public async Task The_case_and_the_way_of_writing_do_not_count(string name, string query)
    {
        var wanted = await _workspace.CreateAsync(request => request.Name = name);
        await _workspace.CreateAsync(request => request.Name = "other");

        (await _workspace.ListAsync(request => request.Query = query)).ShouldHaveSingleItem().KeyId.ShouldBe(wanted.Key.KeyId);
    }

    [Fact]
    public async Task Name_description_and_hint_are_searched()
    {
        var wanted = await _workspace.CreateAsync(request =>
        {
            request.Name = "Alpha";
            request.Description = "for the night desk";
            request.Environment = KeyEnvironment.Test;
            request.Metadata.Add("place", "harbour");
        });
        await _workspace.CreateAsync(request => request.Name = "Beta");

        foreach (var query in new[] { "lph", "NIGHT desk", wanted.Key.Hint, wanted.Key.Hint[^4..] })
            (await _workspace.ListAsync(request => request.Query = query)).ShouldContain(key => key.KeyId == wanted.Key.KeyId, query);
        (await _workspace.ListAsync(request => request.Query = "harbour")).ShouldBeEmpty();
        (await _workspace.ListAsync(request => request.Query = "Alphafor")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("live")]
    [InlineData("LIVE_")]
    [InlineData("_")]
    [InlineData("ks_")]
    [InlineData("ks_live_")]
    [InlineData("...")]
    [InlineData(".")]
    public async Task What_every_hint_has_in_common_is_not_searched(string query)
    {
        await _workspace.CreateAsync(request => request.Name = "plain");
        var named = await _workspace.CreateAsync(request => request.Name = $"a {query} b");
        var described = await _workspace.CreateAsync(request => request.Description = $"a {query} b");

        (await _workspace.ListAsync(request => request.Query = query)).Select(key => key.KeyId).ShouldBe([described.Key.KeyId, named.Key.KeyId]);
    }

    [Fact]
    public async Task A_status_filters()
    {
        var on = await _workspace.CreateAsync();
        var off = await _workspace.CreateAsync();
        await _workspace.SetStatusAsync(off.Key.KeyId, KeyStatus.Disabled);

        (await _workspace.ListAsync(request => request.Status = KeyStatus.Enabled)).ShouldHaveSingleItem().KeyId.ShouldBe(on.Key.KeyId);
        (await _workspace.ListAsync(request => request.Status = KeyStatus.Disabled)).ShouldHaveSingleItem().KeyId.ShouldBe(off.Key.KeyId);
        (await _workspace.ListAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Filters_hold_on_every_page()
    {
        for (var i = 0; i < 6; i++)
        {
            var made = await _workspace.CreateAsync(request => request.Name = i % 2 == 0 ? "even" : "odd");
            if (i > 3) await _workspace.SetStatusAsync(made.Key.KeyId, KeyStatus.Disabled);
        }

        var request = new ListKeysRequest { WorkspaceId = _workspace.Id, PageSize = 1, Query = "EVEN", Status = KeyStatus.Enabled };
        var first = await _workspace.Client.ListKeysAsync(request, _workspace.Root);
        request.PageToken = first.NextPageToken;
        var second = await _workspace.Client.ListKeysAsync(request, _workspace.Root);

        first.Keys.Concat(second.Keys).Select(key => (key.Name, key.Status)).ShouldBe([("even", KeyStatus.Enabled), ("even", KeyStatus.Enabled)]);
        second.NextPageToken.ShouldBeEmpty();
    }

    [Fact]
    public async Task Keys_of_another_workspace_are_never_listed()
    {
        var elsewhere = TestWorkspace.New(shared);
        var mine = await _workspace.CreateAsync(request => request.Name = elsewhere.Id);
        var theirs = await elsewhere.CreateAsync(request => request.Name = elsewhere.Id);
        var differentCase = new TestWorkspace(_workspace.Server, _workspace.Id.ToUpperInvariant());

        (await _workspace.ListAsync()).ShouldHaveSingleItem().KeyId.ShouldBe(mine.Key.KeyId);
        (await _workspace.ListAsync(request => request.Query = elsewhere.Id)).ShouldHaveSingleItem().KeyId.ShouldBe(mine.Key.KeyId);
        (await elsewhere.ListAsync()).ShouldHaveSingleItem().KeyId.ShouldBe(theirs.Key.KeyId);
        (await differentCase.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_last_used_time_is_visible_within_10_seconds()
    {
        var created = await _workspace.CreateAsync();
        var before = TestWorkspace.In(TimeSpan.FromSeconds(-1));
        (await _workspace.ListAsync()).ShouldHaveSingleItem().LastUsedTime.ShouldBeNull();

        (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Valid);

        var used = await Eventually.Get(
            async () => (await _workspace.ListAsync()).Single(), key => key.LastUsedTime is not null, TimeSpan.FromSeconds(10));
        used.LastUsedTime.ShouldBeGreaterThan(before);
        used.LastUsedTime.ShouldBeLessThan(TestWorkspace.In(TimeSpan.FromSeconds(1)));
        used.Etag.ShouldBe(created.Key.Etag);
        used.UpdateTime.ShouldBe(created.Key.UpdateTime);
    }
}
