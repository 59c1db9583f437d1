using CsCheck;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKeys;

/// <summary>A batch is answered as its questions are one by one.</summary>
public sealed class SameAnswersTests(SharedServer shared)
{
    private const int Batches = 200;

    [Fact]
    public async Task Whatever_is_asked_by_whom_the_bytes_are_those_of_one_by_one()
    {
        var keys = await MixedKeys.CreateAsync(shared.Server);
        Metadata[] callers =
        [
            shared.Server.Root, await keys.Workspace.CallerAsync("keys:validate"), await keys.Other.CallerAsync("keys:validate"),
            TestServer.As((await keys.Workspace.CreateCredentialAsync(["keys:validate"], ["nowhere"])).ApiKey),
        ];
        var question =
            from apiKey in Pick(keys.ApiKeys.Values.ToArray())
            from workspace in Pick("", keys.Workspace.Id, keys.Other.Id)
            from address in Pick("", "10.1.2.3", "2001:db8::1", "10.1.2.3:5000", "[::ffff:10.1.2.3]:443", "fe80::1%eth0", "unknown")
            from scopes in Pick("orders.create", "balance.read", "orders.*", "admin").Array[0, 2]
            select new ValidateKeyRequest { ApiKey = apiKey, WorkspaceId = workspace, ClientAddress = address, RequiredScopes = { scopes } };
        var seen = new HashSet<Verdict>();

        await Gen.Select(Pick(callers), question.Array[0, 30]).SampleAsync(
            async batch =>
            {
                var (caller, questions) = batch;
                var together = await shared.Server.Client.ValidateKeysAsync(new() { Requests = { questions } }, caller);
                var alone = await Task.WhenAll(questions.Select(each => shared.Server.Client.ValidateKeyAsync(each, caller).ResponseAsync));

                together.Responses.Select(each => each.ToByteString()).ShouldBe(alone.Select(each => each.ToByteString()));
                seen.UnionWith(alone.Select(each => each.Verdict));
            },
            iter: Batches, threads: 1);

        seen.ShouldBe(
            [Verdict.Valid, Verdict.NotFound, Verdict.Disabled, Verdict.Expired, Verdict.InsufficientScope, Verdict.AddressNotAllowed], ignoreOrder: true);
    }

    [Fact]
    public async Task Each_kind_has_its_verdict_in_the_order_of_the_questions()
    {
        var keys = await MixedKeys.CreateAsync(shared.Server);
        (string Kind, Action<ValidateKeyRequest>? Change, Verdict Verdict)[] expected =
        [
            ("plain", null, Verdict.Valid),
            ("unknown", null, Verdict.NotFound),
            ("disabled", null, Verdict.Disabled),
            ("empty", null, Verdict.NotFound),
            ("expired", null, Verdict.Expired),
            ("wrong tag", null, Verdict.NotFound),
            ("plain", request => request.RequiredScopes.Add("orders.create"), Verdict.InsufficientScope),
            ("wrong checksum", null, Verdict.NotFound),
            ("with everything", null, Verdict.AddressNotAllowed),
            ("plain", request => request.WorkspaceId = keys.Other.Id, Verdict.NotFound),
            ("with everything", request => request.ClientAddress = "10.1.2.3", Verdict.Valid),
            ("with everything", request => request.ClientAddress = "10.1.2.3:5000", Verdict.Valid),
            ("with everything", request => request.ClientAddress = "unknown", Verdict.AddressNotAllowed),
            ("plain", request => request.ClientAddress = "unknown", Verdict.Valid),
            ("a credential", null, Verdict.NotFound),
            ("of the other workspace", null, Verdict.Valid),
            ("plain", null, Verdict.Valid),
        ];
        var batch = new ValidateKeysRequest();
        foreach (var (kind, change, _) in expected)
        {
            var request = new ValidateKeyRequest { ApiKey = keys.ApiKeys[kind] };
            change?.Invoke(request);
            batch.Requests.Add(request);
        }

        var answers = (await shared.Server.Client.ValidateKeysAsync(batch, shared.Server.Root)).Responses;

        answers.Select(each => each.Verdict).ShouldBe(expected.Select(each => each.Verdict));
        answers[0].ShouldBe(answers[^1]);
        answers[0].Name.ShouldBe("Trading bot");
    }

    [Fact]
    public async Task A_credential_for_one_workspace_finds_the_keys_of_that_one_alone()
    {
        var mine = TestWorkspace.New(shared);
        var theirs = await TestWorkspace.New(shared).CreateAsync();
        var own = await mine.CreateAsync();

        var answers = (await mine.Client.ValidateKeysAsync(
            new() { Requests = { Ask(theirs.ApiKey), Ask(own.ApiKey) } }, await mine.CallerAsync("keys:validate"))).Responses;

        answers[0].ShouldBe(new() { Verdict = Verdict.NotFound });
        answers[1].KeyId.ShouldBe(own.Key.KeyId);
        answers[1].Verdict.ShouldBe(Verdict.Valid);
    }

    private static Gen<T> Pick<T>(params T[] from) => Gen.Int[0, from.Length - 1].Select(i => from[i]);

    private static ValidateKeyRequest Ask(string apiKey) => new() { ApiKey = apiKey };
}
