using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

public abstract class RequestIdTests(Engine engine) : StoreTests(engine)
{
    [Fact]
    public async Task The_same_request_makes_one_key_and_its_repetition_is_audited_as_a_reveal()
    {
        var first = await CreateAsync(Request(), "r1");
        var second = await CreateAsync(Request(), "r1", Requester with { Actor = new("key_requester", "another") });

        (second.Key.KeyId, second.Key.Revision, second.ApiKey).ShouldBe((first.Key.KeyId, first.Key.Revision, first.ApiKey));
        (await CountKeysAsync()).ShouldBe(1);
        (await Store.EventsAsync("w1")).Select(e => (e.Action, e.KeyId, e.OnBehalfOf)).ShouldBe(
            [("CreateKey", first.Key.KeyId, "someone"), ("RevealKey", first.Key.KeyId, "another")]);
    }

    [Fact]
    public async Task The_order_of_labels_makes_no_other_request()
    {
        var labels = Enumerable.Range(0, 9).ToDictionary(i => $"label{i}", i => "x");
        var first = await CreateAsync(Request() with { Metadata = labels }, "r1");

        (await CreateAsync(Request() with { Metadata = labels.Reverse().ToDictionary() }, "r1")).Key.KeyId.ShouldBe(first.Key.KeyId);
    }

    [Fact]
    public async Task A_different_request_under_the_same_id_is_refused_and_leaves_nothing()
    {
        await CreateAsync(Request(), "r1");

        foreach (var other in new[]
        {
            Request(name: "other"), Request(description: "other"), Request(nonRecoverable: true), Request() with { Scopes = ["a"] },
            Request() with { Metadata = new Dictionary<string, string> { ["a"] = "b" } }, Request() with { ExpireTime = Store.Time.GetUtcNow() },
            Request() with { Environment = KeyEnvironment.Test }, Request() with { AllowedAddresses = ["10.0.0.0/8"] },
        })
        {
            (await Should.ThrowAsync<RefusedException>(() => CreateAsync(other, "r1"))).Reason.ShouldBe(Refusal.RequestIdReused);
        }

        (await CountKeysAsync()).ShouldBe(1);
        (await Store.EventsAsync("w1")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_id_counts_per_caller_workspace_and_case()
    {
        var keys = new List<IssuedKey>
        {
            await CreateAsync(Request(), "r1"),
            await CreateAsync(Request("w2"), "r1"),
            await CreateAsync(Request("W1"), "r1"),
            await CreateAsync(Request(), "R1"),
            await CreateAsync(Request(), "r1", Requester with { Actor = new Actor("key_other", "") }),
            await CreateAsync(Request()),
            await CreateAsync(Request()),
        };

        keys.Select(key => key.Key.KeyId).ShouldBeUnique();
    }

    [Fact]
    public async Task After_a_day_an_id_is_new_whether_its_record_was_removed_or_not()
    {
        var first = await CreateAsync(Request(), "r1");
        Store.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMicroseconds(1));
        (await CreateAsync(Request(), "r1")).Key.KeyId.ShouldBe(first.Key.KeyId);

        Store.Time.Advance(TimeSpan.FromMicroseconds(1));
        var second = await CreateAsync(Request(name: "other"), "r1");
        second.Key.KeyId.ShouldNotBe(first.Key.KeyId);
        (await CreateAsync(Request(name: "other"), "r1")).Key.KeyId.ShouldBe(second.Key.KeyId);

        Store.Time.Advance(TimeSpan.FromHours(24));
        await CreateAsync(Request(), "r2");
        (await Store.Get<RequestRecords>().PurgeAsync(CancellationToken.None)).ShouldBe(1);
        (await Store.WithContextAsync(context => context.RequestRecords.Select(r => r.RequestId).ToListAsync())).ShouldBe(["r2"]);
        (await CreateAsync(Request(), "r1")).Key.KeyId.ShouldNotBe(second.Key.KeyId);
    }

    [Fact]
    public async Task Twenty_at_once_with_one_id_make_one_key()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => CreateAsync(Request(), "r1"))));

        answers.Select(answer => (answer.Key.KeyId, answer.ApiKey)).Distinct().ShouldHaveSingleItem();
        (await CountKeysAsync()).ShouldBe(1);
        (await Store.WithContextAsync(context => context.KeySecrets.CountAsync())).ShouldBe(1);
        (await Store.EventsAsync("w1")).Count(e => e.Action == "CreateKey").ShouldBe(1);
    }

    [Fact]
    public async Task A_repetition_for_a_key_that_is_not_kept_brings_the_key_without_its_secret_and_no_reveal()
    {
        var first = await CreateAsync(Request(nonRecoverable: true), "r1");
        var second = await CreateAsync(Request(nonRecoverable: true), "r1");

        (second.Key.KeyId, second.ApiKey).ShouldBe((first.Key.KeyId, ""));
        (await Store.EventsAsync("w1")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_repetition_shows_the_key_as_it_is_now()
    {
        var first = await CreateAsync(Request(), "r1");
        await SetStatusAsync(first.Key, KeyStatus.Disabled);

        (await CreateAsync(Request(), "r1")).Key.Status.ShouldBe(KeyStatus.Disabled);
    }
}

public sealed class RequestIdTestsOnSqlite() : RequestIdTests(Engine.Sqlite);

public sealed class RequestIdTestsOnSqlServer() : RequestIdTests(Engine.SqlServer);
