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
    public async Task A_second_generation_is_stored_and_missed_from_then_on()
    {
        await Store.Get<StoreStart>().MigrateAsync(CancellationToken.None);
        var (first, second) = (Store.MasterKeys.Current, TestStore.NewMasterKey('b'));
        (await Generations()).ShouldBe(['1']);

        await Start(second, first).CheckAsync(CancellationToken.None);

        (await Generations()).ShouldBe(['1', 'b'], ignoreOrder: true);
        await Start(second, first).CheckAsync(CancellationToken.None);
        await Start(first, second).CheckAsync(CancellationToken.None);
        (await Should.ThrowAsync<StartException>(() => Start(first).CheckAsync(CancellationToken.None))).Message.ShouldContain("generation b is missing");
        (await Should.ThrowAsync<StartException>(() => Start(second).CheckAsync(CancellationToken.None))).Message.ShouldContain("generation 1 is missing");

        // Generations that differ in case are two.
        await Start(TestStore.NewMasterKey('B'), first, second).CheckAsync(CancellationToken.None);
        (await Generations()).ShouldBe(['1', 'B', 'b'], ignoreOrder: true);
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

    private Task<List<char>> Generations() =>
        Store.WithContextAsync(context => context.MasterKeyFingerprints.Select(row => row.Generation).ToListAsync());
}

public sealed class MasterKeyTestsOnSqlite() : MasterKeyTests(Engine.Sqlite);

public sealed class MasterKeyTestsOnSqlServer() : MasterKeyTests(Engine.SqlServer);
