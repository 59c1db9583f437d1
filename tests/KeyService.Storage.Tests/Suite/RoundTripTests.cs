using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Lookup;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

public abstract class RoundTripTests(Engine engine) : StoreTests(engine)
{
    public static TheoryData<string> Texts => new(
        "plain",
        "Ключ ключ 鍵 ปุ่ม",
        "🔑👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "\u202eright to left\u202c מפתח مفتاح",
        "a\u0301\u0302\u0303 combining, \u200bzero width",
        "'; DROP TABLE ApiKeys; --",
        "{0} {1} %_[]^ \\ \" \u00a0 \ufb01 \uffff",
        string.Concat(Enumerable.Repeat("🔑", 128)));

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Every_field_comes_back_as_it_was(string text)
    {
        var request = Request() with
        {
            WorkspaceId = "Work-space_" + new string('w', 53),
            Name = text,
            Description = string.Concat(Enumerable.Repeat("🔑é", 512)),
            Environment = KeyEnvironment.Test,
            Scopes = ["a.*", "b:c", "d_e-f", new string('s', 64)],
            AllowedAddresses = ["10.0.0.0/8", "2001:db8::/32"],
            Metadata = Enumerable.Range(0, 32).ToDictionary(i => $"{i:00}{text[..Math.Min(text.Length, 10)]}", i => text + i),
            ExpireTime = new DateTimeOffset(2038, 1, 19, 3, 14, 8, TimeSpan.Zero).AddTicks(9_999_990),
        };

        var issued = await CreateAsync(request);
        var disabled = (await SetStatusAsync(issued.Key, KeyStatus.Disabled, reason: string.Concat(Enumerable.Repeat("🔒", 256)))).Key.Key;

        var read = await GetAsync(issued.Key);
        Same(read, disabled);
        Same((await ListAllAsync(new(request.WorkspaceId, "", null, KeyOrder.NewestFirst, null, 10))).ShouldHaveSingleItem().Key, read);
        Same((await LookUpAsync(issued.ApiKey))!, read);
        read.StatusReason.ShouldBe(string.Concat(Enumerable.Repeat("🔒", 256)));
        Same(read with { Status = KeyStatus.Enabled, StatusReason = "", Revision = 0 }, issued.Key with { Revision = 0 });
        (read.Name, read.Description, read.Environment, read.ExpireTime).ShouldBe((text, request.Description, KeyEnvironment.Test, request.ExpireTime));
        read.Metadata.ShouldBe(request.Metadata, ignoreOrder: true);
        read.Scopes.ShouldBe(request.Scopes);
        read.AllowedAddresses.ShouldBe(request.AllowedAddresses);
        read.CreatedBy.ShouldBe("key_requester");
    }

    [Fact]
    public async Task Times_are_kept_to_the_microsecond_in_all_years()
    {
        DateTimeOffset[] times =
        [
            new(2027, 3, 4, 5, 6, 7, TimeSpan.Zero), new DateTimeOffset(2027, 3, 4, 5, 6, 7, TimeSpan.Zero).AddTicks(10),
            new DateTimeOffset(2027, 3, 4, 23, 59, 59, TimeSpan.Zero).AddTicks(9_999_990), new DateTimeOffset(2262, 4, 12, 0, 0, 0, TimeSpan.Zero).AddTicks(1_234_560),
            UtcMicroseconds.Truncate(DateTimeOffset.MaxValue),
        ];
        foreach (var expires in times)
        {
            Store.Time.Advance(TimeSpan.FromTicks(12_345_678_901));
            var issued = await CreateAsync(Request() with { ExpireTime = expires });
            var read = await GetAsync(issued.Key);
            read.ExpireTime.ShouldBe(expires);
            read.CreateTime.ShouldBe(UtcMicroseconds.Now(Store.Time));
            read.CreateTime.Offset.ShouldBe(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task A_credential_keeps_where_it_may_be_used()
    {
        var everything = new CredentialRights(Permissions.All, [Workspaces.All]);
        var request = Request(Workspaces.System) with { Scopes = ["keys:read"], PermittedWorkspaces = ["w1", "W1", "w2"] };

        var issued = await CreateAsync(request, requester: Requester with { Rights = everything });

        (await GetAsync(issued.Key)).PermittedWorkspaces.ShouldBe(["w1", "W1", "w2"]);
        issued.Key.Recoverable.ShouldBeFalse();
    }

    [Fact]
    public async Task Ids_that_differ_only_in_case_are_different()
    {
        var lower = await CreateAsync(Request("workspace"));
        var upper = await CreateAsync(Request("WORKSPACE"));

        (await ListAllAsync(new("workspace", "", null, KeyOrder.NewestFirst, null, 10))).ShouldHaveSingleItem().Key.KeyId.ShouldBe(lower.Key.KeyId);
        (await ListAllAsync(new("WORKSPACE", "", null, KeyOrder.NewestFirst, null, 10))).ShouldHaveSingleItem().Key.KeyId.ShouldBe(upper.Key.KeyId);
        (await RefusalOf(Store.Queries.GetAsync("Workspace", lower.Key.KeyId, CancellationToken.None))).ShouldBe(Refusal.KeyNotFound);
        (await RefusalOf(Store.Queries.GetAsync("workspace", lower.Key.KeyId.ToUpperInvariant(), CancellationToken.None))).ShouldBe(Refusal.KeyNotFound);
        (await Store.EventsAsync("workspace")).ShouldHaveSingleItem();
        (await Store.EventsAsync("WORKSPACE")).ShouldHaveSingleItem();
        (await Store.Queries.ListWorkspacesAsync(10, CancellationToken.None)).ShouldBe(["WORKSPACE", "workspace"]);

        // Key ids are lower case by their form; a row that is not is another key all the same.
        var row = await Store.WithContextAsync(context => context.ApiKeys.AsNoTracking().SingleAsync(key => key.KeyId == lower.Key.KeyId));
        var other = ApiKeyRow.From(row.ToRecord() with { KeyId = row.KeyId.ToUpperInvariant(), Name = "other", Revision = 1_000 });
        await Store.WithContextAsync(context =>
        {
            context.ApiKeys.Add(other);
            return context.SaveChangesAsync();
        });
        (await GetAsync(lower.Key)).Name.ShouldBe("a key");
    }

    [Fact]
    public async Task A_digest_is_there_once()
    {
        var issued = await CreateAsync(Request());
        var secret = await Store.WithContextAsync(context => context.KeySecrets.AsNoTracking().SingleAsync());
        secret.KeyId.ShouldBe(issued.Key.KeyId);
        secret.Digest.ShouldBe(DigestOf(issued.ApiKey).ToArray());

        await Should.ThrowAsync<DbUpdateException>(() => Store.WithContextAsync(context =>
        {
            context.KeySecrets.Add(new() { Digest = secret.Digest, KeyId = "key_other", Generation = '1', CreateTime = secret.CreateTime });
            return context.SaveChangesAsync();
        }));
    }

    [Fact]
    public async Task A_look_up_finds_current_secrets_alone()
    {
        var issued = await CreateAsync(Request());
        (await LookUpAsync(issued.ApiKey))!.KeyId.ShouldBe(issued.Key.KeyId);
        (await LookUpAsync(ApiKeyText.Generate("ks", KeyEnvironment.Live, Store.MasterKeys.Current))).ShouldBeNull();

        await Store.WithContextAsync(async context =>
        {
            (await context.KeySecrets.SingleAsync()).RetireTime = Store.Time.GetUtcNow();
            return await context.SaveChangesAsync();
        });

        (await LookUpAsync(issued.ApiKey)).ShouldBeNull();
    }

    [Fact]
    public async Task A_look_up_does_not_see_digests_that_begin_alike()
    {
        var issued = await CreateAsync(Request());
        var near = DigestOf(issued.ApiKey).ToArray();
        near[^1] ^= 1;

        (await Store.Get<KeySource>().ReadAsync(KeyDigest.FromBytes(near), TimeSpan.FromSeconds(10), CancellationToken.None)).Key.ShouldBeNull();
    }

    [Fact]
    public async Task A_sealed_api_key_is_revealed_and_the_reveal_is_audited_first()
    {
        var issued = await CreateAsync(Request());
        var revealer = Store.Get<KeyRevealer>();

        (await revealer.RevealAsync("w1", issued.Key.KeyId, Requester.Actor, CancellationToken.None)).ShouldBe(issued.ApiKey);

        (await Store.EventsAsync("w1")).Select(e => (e.Action, e.Actor, e.OnBehalfOf)).ShouldBe(
            [("CreateKey", "key_requester", "someone"), ("RevealKey", "key_requester", "someone")]);
        var kept = await CreateAsync(Request(nonRecoverable: true));
        (await RefusalOf(revealer.RevealAsync("w1", kept.Key.KeyId, Requester.Actor, CancellationToken.None))).ShouldBe(Refusal.NotRecoverable);
        (await RefusalOf(revealer.RevealAsync("w2", issued.Key.KeyId, Requester.Actor, CancellationToken.None))).ShouldBe(Refusal.KeyNotFound);
        (await Store.EventsAsync("w2")).ShouldBeEmpty();
    }

    private static async Task<Refusal> RefusalOf(Task task) => (await Should.ThrowAsync<RefusedException>(task)).Reason;

    private static void Same(KeyRecord a, KeyRecord b) => System.Text.Json.JsonSerializer.Serialize(Canonical(a))
        .ShouldBe(System.Text.Json.JsonSerializer.Serialize(Canonical(b)));

    private static KeyRecord Canonical(KeyRecord record) =>
        record with { Metadata = new SortedDictionary<string, string>(record.Metadata.ToDictionary(), StringComparer.Ordinal) };

    private KeyDigest DigestOf(string apiKey) => ApiKeyDigest.Of(apiKey, Store.MasterKeys);

    private async Task<KeyRecord?> LookUpAsync(string apiKey) =>
        (await Store.Get<IStorageEngine>().FindKeyAsync(DigestOf(apiKey).ToArray(), CancellationToken.None))?.ToRecord();
}

public sealed class RoundTripTestsOnSqlite() : RoundTripTests(Engine.Sqlite);

public sealed class RoundTripTestsOnSqlServer() : RoundTripTests(Engine.SqlServer);
