using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ListKeys;

public sealed class PagesTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("")]
    [InlineData("create_time desc")]
    [InlineData("create_time")]
    [InlineData("name")]
    public async Task All_pages_together_are_all_keys_once_in_order(string orderBy)
    {
        // Equal names too: the place between two of them is a place.
        foreach (var name in new[] { "b", "a", "C", "b", "ä", "b", "10", "B" }) await _workspace.CreateAsync(request => request.Name = name);
        var whole = await _workspace.ListAsync(request => request.OrderBy = orderBy);

        for (var size = 1; size <= 9; size++)
        {
            var paged = await AllPagesAsync(size, orderBy);
            paged.ShouldBe(whole);
        }
    }

    [Fact]
    public async Task Newest_first_is_the_default_and_create_time_its_reverse()
    {
        var made = new List<string>();
        for (var i = 0; i < 5; i++) made.Add((await _workspace.CreateAsync()).Key.KeyId);

        (await _workspace.ListAsync(request => request.OrderBy = "create_time")).Select(key => key.KeyId).ShouldBe(made);
        made.Reverse();
        (await _workspace.ListAsync()).Select(key => key.KeyId).ShouldBe(made);
        (await _workspace.ListAsync(request => request.OrderBy = "create_time desc")).Select(key => key.KeyId).ShouldBe(made);
    }

    [Fact]
    public async Task By_name_the_case_does_not_count()
    {
        foreach (var name in new[] { "delta", "Bravo", "alpha", "CHARLIE" }) await _workspace.CreateAsync(request => request.Name = name);

        (await _workspace.ListAsync(request => request.OrderBy = "name")).Select(key => key.Name)
            .ShouldBe(["alpha", "Bravo", "CHARLIE", "delta"]);
    }

    [Fact]
    public async Task The_page_size_is_50_unless_said_and_500_at_most()
    {
        foreach (var chunk in Enumerable.Range(0, 510).Chunk(30))
            await Task.WhenAll(chunk.Select(_ => _workspace.CreateAsync()));

        (await PageAsync(0)).Keys.Count.ShouldBe(50);
        (await PageAsync(1)).Keys.Count.ShouldBe(1);
        (await PageAsync(500)).Keys.Count.ShouldBe(500);
        (await PageAsync(501)).Keys.Count.ShouldBe(500);
        var first = await PageAsync(1_000_000_000);
        first.Keys.Count.ShouldBe(500);
        var last = await PageAsync(int.MaxValue, first.NextPageToken);
        last.Keys.Count.ShouldBe(10);
        last.NextPageToken.ShouldBeEmpty();
        first.Keys.Concat(last.Keys).Select(key => key.KeyId).Distinct(StringComparer.Ordinal).Count().ShouldBe(510);
    }

    [Fact]
    public async Task A_last_page_that_is_full_promises_no_other()
    {
        await _workspace.CreateAsync();
        await _workspace.CreateAsync();

        (await PageAsync(2)).NextPageToken.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_size_may_change_from_page_to_page()
    {
        for (var i = 0; i < 5; i++) await _workspace.CreateAsync();
        var first = await PageAsync(2);

        var second = await PageAsync(3, first.NextPageToken);

        first.Keys.Concat(second.Keys).ShouldBe(await _workspace.ListAsync());
    }

    [Fact]
    public async Task A_key_made_between_two_pages_neither_repeats_nor_hides_another()
    {
        for (var i = 0; i < 4; i++) await _workspace.CreateAsync();
        var before = await _workspace.ListAsync();
        var first = await PageAsync(2);
        await _workspace.CreateAsync();

        var second = await PageAsync(2, first.NextPageToken);

        first.Keys.Concat(second.Keys).ShouldBe(before);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task A_negative_size_is_refused(int size)
    {
        var error = await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, PageSize = size }, _workspace.Root));

        error.ShouldBeInvalid("page_size");
    }

    [Theory]
    [InlineData("name desc")]
    [InlineData("create_time asc")]
    [InlineData("CREATE_TIME")]
    [InlineData("name; DROP TABLE ApiKeys")]
    [InlineData(" name")]
    public async Task Another_order_is_refused(string orderBy)
    {
        var error = await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, OrderBy = orderBy }, _workspace.Root));

        error.ShouldBeInvalid("order_by");
    }

    private async Task<ListKeysResponse> PageAsync(int size, string token = "") =>
        await _workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, PageSize = size, PageToken = token }, _workspace.Root);

    private async Task<List<Key>> AllPagesAsync(int size, string orderBy)
    {
        var keys = new List<Key>();
        var request = new ListKeysRequest { WorkspaceId = _workspace.Id, PageSize = size, OrderBy = orderBy };
        do
        {
            var page = await _workspace.Client.ListKeysAsync(request, _workspace.Root);
            page.Keys.Count.ShouldBeInRange(1, size);
            keys.AddRange(page.Keys);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return keys;
    }
}
