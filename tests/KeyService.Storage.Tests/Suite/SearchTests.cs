using KeyService.Server.Lifecycle;
using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

public abstract class SearchTests(Engine engine) : StoreTests(engine)
{
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
    [InlineData("100%")]
    [InlineData("  ")]
    public async Task A_query_is_taken_literally(string query)
    {
        var hit = await CreateAsync(Request(name: $"before{query}after"));
        // What it would find as a pattern.
        await CreateAsync(Request(name: "beforexafter before after e100xa"));

        (await FoundAsync($"e{query}a")).ShouldBe([hit.Key.KeyId]);
    }

    [Fact]
    public async Task A_query_is_folded_as_the_keys_are()
    {
        var hit = await CreateAsync(Request(name: "Straße ﬁle ＡＢＣ é Ключ"));
        await CreateAsync(Request(name: "other"));

        foreach (var query in new[] { "straße", "STRAßE", "FILE", "ﬁLE", "abc", "ａｂｃ", "e\u0301", "É", "КЛЮЧ", "ключ" })
            (await FoundAsync(query)).ShouldBe([hit.Key.KeyId], query);
    }

    [Fact]
    public async Task A_query_finds_name_description_and_hint_and_nothing_across_them()
    {
        var key = (await CreateAsync(Request(name: "alpha", description: "beta"))).Key;

        (await FoundAsync("alpha")).ShouldBe([key.KeyId]);
        (await FoundAsync("BETA")).ShouldBe([key.KeyId]);
        (await FoundAsync(key.Hint)).ShouldBe([key.KeyId]);
        (await FoundAsync("alphabeta")).ShouldBeEmpty();
        (await FoundAsync("ab")).ShouldBeEmpty();
        (await FoundAsync(key.KeyId)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_every_hint_has_in_common_is_no_hit_and_its_own_end_is()
    {
        var key = (await CreateAsync(Request(name: "alpha"))).Key;
        var named = (await CreateAsync(Request(name: "my_live_...key"))).Key;

        foreach (var query in new[] { "_live_", "LIVE_..", "s_live_...", "_", "..." })
            (await FoundAsync(query)).ShouldBe(query.StartsWith('s') ? [] : [named.KeyId], query);
        var end = key.Hint[^4..];
        foreach (var query in new[] { end, $"...{end}", $"e_...{end[..1]}", key.Hint, key.Hint.ToUpperInvariant(), end[2..] })
            (await FoundAsync(query)).ShouldContain(key.KeyId, query);
    }

    [Fact]
    public async Task A_query_finds_every_hit_on_pages_of_each_size_and_order()
    {
        var hits = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            var key = await CreateAsync(Request(name: i % 3 == 0 ? $"needle {i % 2}" : "hay"));
            if (i % 3 == 0) hits.Add(key.Key.KeyId);
        }

        foreach (var order in Enum.GetValues<KeyOrder>())
        {
            for (var size = 1; size <= 11; size++)
            {
                (await ListAllAsync(new("w1", "NEEDLE", null, order, null, size))).Select(view => view.Key.KeyId)
                    .ShouldBe(hits, ignoreOrder: true);
            }
        }
    }

    private async Task<List<string>> FoundAsync(string query) =>
        (await ListAllAsync(new("w1", query, null, KeyOrder.NewestFirst, null, 10))).ConvertAll(view => view.Key.KeyId);
}

public sealed class SearchTestsOnSqlite() : SearchTests(Engine.Sqlite);

public sealed class SearchTestsOnSqlServer() : SearchTests(Engine.SqlServer);
