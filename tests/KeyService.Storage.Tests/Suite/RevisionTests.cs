using KeyService.Server.Keys;
using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

public abstract class RevisionTests(Engine engine) : StoreTests(engine)
{
    [Fact]
    public async Task A_revision_grows_with_every_change_and_never_repeats_over_keys()
    {
        var keys = new List<KeyRecord>();
        for (var i = 0; i < 5; i++) keys.Add((await CreateAsync(Request($"w{i % 2}"))).Key);
        var revisions = keys.ConvertAll(key => key.Revision);

        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < keys.Count; i++)
            {
                var (view, report) = await SetStatusAsync(keys[i], round % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled);
                view.Key.Revision.ShouldBeGreaterThan(keys[i].Revision);
                report.Revision.ShouldBe(view.Key.Revision);
                (await GetAsync(view.Key)).Revision.ShouldBe(view.Key.Revision);
                keys[i] = view.Key;
                revisions.Add(view.Key.Revision);
            }
        }

        revisions.ShouldBeUnique();
        revisions.ShouldBe(revisions.Order());
        revisions[0].ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Changes_at_the_same_time_draw_different_revisions()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => CreateAsync(Request($"w{i % 4}")))));
        var changed = await Task.WhenAll(keys.Select(key => Task.Run(() => SetStatusAsync(key.Key, KeyStatus.Disabled))));

        keys.Select(key => key.Key.Revision).Concat(changed.Select(change => change.Key.Key.Revision)).ShouldBeUnique();
    }

    [Fact]
    public async Task What_changes_nothing_draws_none()
    {
        var key = (await CreateAsync(Request())).Key;

        (await SetStatusAsync(key, KeyStatus.Enabled, reason: "")).Key.Key.Revision.ShouldBe(key.Revision);
        (await GetAsync(key)).Revision.ShouldBe(key.Revision);
    }
}

public sealed class RevisionTestsOnSqlite() : RevisionTests(Engine.Sqlite);

public sealed class RevisionTestsOnSqlServer() : RevisionTests(Engine.SqlServer);
