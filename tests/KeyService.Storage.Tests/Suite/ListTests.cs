using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

public abstract class ListTests(Engine engine) : StoreTests(engine)
{
    private const int Keys = 257;

    [Theory]
    [InlineData((int)KeyOrder.NewestFirst)]
    [InlineData((int)KeyOrder.OldestFirst)]
    [InlineData((int)KeyOrder.ByName)]
    public async Task Pages_of_every_size_bring_each_key_once_and_in_order(int order)
    {
        await CreateManyAsync();
        var whole = await IdsAsync((KeyOrder)order, Keys);
        whole.Count.ShouldBe(Keys);
        whole.ShouldBeUnique();

        for (var size = 1; size <= Keys + 1; size++)
            (await IdsAsync((KeyOrder)order, size)).ShouldBe(whole, $"pages of {size}");
    }

    [Fact]
    public async Task Orders_are_those_of_the_contract()
    {
        await CreateManyAsync();

        var newest = await ListAllAsync(new("w1", "", null, KeyOrder.NewestFirst, null, 100));
        newest.Select(view => (view.Key.CreateTime, view.Key.KeyId))
            .ShouldBe(newest.Select(view => (view.Key.CreateTime, view.Key.KeyId)).OrderDescending(ByTimeAndId));
        var oldest = await IdsAsync(KeyOrder.OldestFirst, 100);
        oldest.ShouldBe(newest.Select(view => view.Key.KeyId).Reverse());
        var named = await ListAllAsync(new("w1", "", null, KeyOrder.ByName, null, 100));
        named.Select(view => SearchText.NameOrder(view.Key.Name)).ShouldBe(
            named.Select(view => SearchText.NameOrder(view.Key.Name)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData((int)KeyOrder.NewestFirst)]
    [InlineData((int)KeyOrder.OldestFirst)]
    [InlineData((int)KeyOrder.ByName)]
    public async Task Keys_made_while_pages_are_read_do_not_move_the_others(int order)
    {
        await CreateManyAsync();
        var before = await IdsAsync((KeyOrder)order, Keys);

        var seen = new List<string>();
        var list = new KeyList("w1", "", null, (KeyOrder)order, null, 16);
        do
        {
            var (keys, end) = await Store.Queries.ListAsync(list, CancellationToken.None);
            seen.AddRange(keys.Select(view => view.Key.KeyId));
            await CreateAsync(Request(name: "name 0"));
            await CreateAsync(Request(name: "zz"));
            Store.Time.Advance(TimeSpan.FromSeconds(1));
            list = list with { After = end };
        }
        while (list.After is not null && seen.Count < 10 * Keys);

        seen.ShouldBeUnique();
        seen.Where(before.ToHashSet().Contains).ShouldBe(before);
    }

    [Fact]
    public async Task Long_names_that_begin_alike_are_listed_once_each()
    {
        for (var i = 0; i < 20; i++) await CreateAsync(Request(name: string.Concat(Enumerable.Repeat("\ufdfa", 120)) + i));
        for (var i = 0; i < 20; i++) await CreateAsync(Request(name: string.Concat(Enumerable.Repeat("🔑", 120)) + i));

        for (var size = 1; size <= 41; size++) (await IdsAsync(KeyOrder.ByName, size)).Distinct().Count().ShouldBe(40);
    }

    [Fact]
    public async Task A_workspace_does_not_list_another()
    {
        await CreateAsync(Request("w1"));
        await CreateAsync(Request("w2"));
        await CreateAsync(Request("w"));

        (await IdsAsync(KeyOrder.NewestFirst, 10)).ShouldHaveSingleItem();
        (await ListAllAsync(new("w3", "", null, KeyOrder.NewestFirst, null, 10))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_status_is_filtered_on_every_page()
    {
        var keys = new List<KeyRecord>();
        for (var i = 0; i < 40; i++) keys.Add((await CreateAsync(Request())).Key);
        foreach (var key in keys.Where((_, i) => i % 3 == 0)) await SetStatusAsync(key, KeyStatus.Disabled);

        for (var size = 1; size <= 41; size += 4)
        {
            var disabled = await ListAllAsync(new("w1", "", KeyStatus.Disabled, KeyOrder.OldestFirst, null, size));
            disabled.Select(view => view.Key.KeyId).ShouldBe(keys.Where((_, i) => i % 3 == 0).Select(key => key.KeyId), ignoreOrder: true);
            var enabled = await ListAllAsync(new("w1", "", KeyStatus.Enabled, KeyOrder.OldestFirst, null, size));
            enabled.Count.ShouldBe(40 - disabled.Count);
        }
    }

    private static readonly Comparer<(DateTimeOffset Time, string Id)> ByTimeAndId = Comparer<(DateTimeOffset Time, string Id)>.Create(
        (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : string.CompareOrdinal(a.Id, b.Id));

    private async Task<List<string>> IdsAsync(KeyOrder order, int size) =>
        (await ListAllAsync(new("w1", "", null, order, null, size))).ConvertAll(view => view.Key.KeyId);

    /// <summary>Seven keys to a time, and a name for every fifth key.</summary>
    private async Task CreateManyAsync()
    {
        for (var i = 0; i < Keys; i++)
        {
            if (i % 7 == 0) Store.Time.Advance(TimeSpan.FromMicroseconds(1));
            await CreateAsync(Request(name: i % 5 == 0 ? "same" : $"name {i % 50}"));
        }
    }
}

public sealed class ListTestsOnSqlite() : ListTests(Engine.Sqlite);

public sealed class ListTestsOnSqlServer() : ListTests(Engine.SqlServer);
