using KeyService.Server.Audit;
using KeyService.Server.Hosting;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.Suite;

public abstract class MasterKeyTests(Engine engine) : StoreTests(engine)
{
    [Fact]
    public async Task A_wrong_key_is_refused_and_its_generation_named()
    {
        await Store.Get<StoreStart>().MigrateAsync(CancellationToken.None);

        var wrong = Start(TestStore.NewMasterKey('1'));

        (await Should.ThrowAsync<StartException>(() => wrong.CheckAsync(CancellationToken.None))).Message.ShouldContain("generation 1 is not");
        (await Should.ThrowAsync<StartException>(() => wrong.MigrateAsync(CancellationToken.None))).Message.ShouldContain("generation 1 is not");
        await Store.Get<StoreStart>().CheckAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_empty_store_has_the_newest_generation_at_once_and_those_before_it_only_verify()
    {
        var (first, second) = (TestStore.NewMasterKey('1'), TestStore.NewMasterKey('b'));
        var keys = new MasterKeys([second, first]);

        await Store.Process(keys).GetRequiredService<StoreStart>().MigrateAsync(CancellationToken.None);

        (await Generations()).ShouldBe(['b']);
        keys.Current.ShouldBeSameAs(second);
        await Start(second).CheckAsync(CancellationToken.None);
        (await Should.ThrowAsync<StartException>(() => Start(first).CheckAsync(CancellationToken.None))).Message.ShouldContain("generation b is missing");
    }

    [Fact]
    public async Task A_start_with_another_generation_stores_nothing_and_goes_on_with_the_one_that_is_stored()
    {
        await Store.Get<StoreStart>().MigrateAsync(CancellationToken.None);
        var (first, keys) = (Store.MasterKeys.Current, new MasterKeys([TestStore.NewMasterKey('b'), Store.MasterKeys.Current]));
        var process = Store.Process(keys);

        await process.GetRequiredService<StoreStart>().CheckAsync(CancellationToken.None);

        (await Generations()).ShouldBe(['1']);
        keys.Current.ShouldBeSameAs(first);
        (await process.GetRequiredService<KeyIssuer>().CreateAsync(Request(), "", Requester, CancellationToken.None)).ApiKey[8].ShouldBe('1');
        // It may still be taken back.
        await Start(first).CheckAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_generation_that_is_stored_is_missed_from_then_on()
    {
        await Store.Get<StoreStart>().MigrateAsync(CancellationToken.None);
        var (first, second) = (Store.MasterKeys.Current, TestStore.NewMasterKey('b'));
        await AddAsync(second);

        await Start(second, first).CheckAsync(CancellationToken.None);
        await Start(first, second).CheckAsync(CancellationToken.None);
        (await Should.ThrowAsync<StartException>(() => Start(first).CheckAsync(CancellationToken.None))).Message.ShouldContain("generation b is missing");
        (await Should.ThrowAsync<StartException>(() => Start(second).CheckAsync(CancellationToken.None))).Message.ShouldContain("generation 1 is missing");

        // Generations that differ in case are two.
        await AddAsync(TestStore.NewMasterKey('B'));
        (await Generations()).ShouldBe(['1', 'B', 'b'], ignoreOrder: true);
    }

    [Fact]
    public async Task A_generation_that_several_add_at_once_is_stored_once_with_the_first_one_s_fingerprint()
    {
        var keys = Enumerable.Range(0, 8).Select(_ => TestStore.NewMasterKey('b')).ToList();

        await Task.WhenAll(keys.Select(AddAsync));
        var stored = (await Store.NewEngine().Replication.ReadFingerprintsAsync(CancellationToken.None)).ShouldHaveSingleItem();
        await AddAsync(TestStore.NewMasterKey('b'));

        keys.Select(key => Convert.ToHexString(key.Fingerprint)).ShouldContain(Convert.ToHexString(stored.Fingerprint));
        (await Store.NewEngine().Replication.ReadFingerprintsAsync(CancellationToken.None)).ShouldHaveSingleItem().Fingerprint.ShouldBe(stored.Fingerprint);
    }

    [Fact]
    public async Task Keys_and_events_of_two_generations_live_side_by_side()
    {
        var old = await CreateAsync(Request(), "r1");
        var next = Store.Process(new([TestStore.NewMasterKey('b'), Store.MasterKeys.Current]));

        var made = await next.GetRequiredService<KeyIssuer>().CreateAsync(Request(), "", Requester, CancellationToken.None);

        var revealer = next.GetRequiredService<KeyRevealer>();
        (await revealer.RevealAsync("w1", old.Key.KeyId, Requester.Actor, CancellationToken.None)).ShouldBe(old.ApiKey);
        (await revealer.RevealAsync("w1", made.Key.KeyId, Requester.Actor, CancellationToken.None)).ShouldBe(made.ApiKey);
        var checks = new List<ChainCheck>();
        await foreach (var check in next.GetRequiredService<AuditVerifier>().VerifyAsync(CancellationToken.None)) checks.Add(check);
        checks.ShouldBe([new("w1", 4, 4, null)]);
        (await Store.EventsAsync("w1")).Select(e => e.Generation).ShouldBe(['1', 'b', 'b', 'b']);
    }

    private StoreStart Start(params MasterKey[] newestFirst) => Store.Process(new(newestFirst)).GetRequiredService<StoreStart>();

    private Task AddAsync(MasterKey key) => Store.NewEngine().Replication.AddFingerprintAsync(Server.Replication.Generations.RowOf(key), CancellationToken.None);

    private Task<List<char>> Generations() =>
        Store.WithContextAsync(context => context.MasterKeyFingerprints.Select(row => row.Generation).ToListAsync());
}

public sealed class MasterKeyTestsOnSqlite() : MasterKeyTests(Engine.Sqlite);

public sealed class MasterKeyTestsOnSqlServer() : MasterKeyTests(Engine.SqlServer);
