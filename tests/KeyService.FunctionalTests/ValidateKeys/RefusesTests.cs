using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKeys;

/// <summary>One bad question fails the call: nobody is told half.</summary>
public sealed class RefusesTests(SharedServer shared)
{
    private const int Most = 1_000;

    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task None_is_answered_by_none() =>
        (await _workspace.Client.ValidateKeysAsync(new(), _workspace.Root)).Responses.ShouldBeEmpty();

    [Fact]
    public async Task A_thousand_are_answered()
    {
        var created = await _workspace.CreateAsync();

        var answers = (await _workspace.Client.ValidateKeysAsync(Batch(Most, created.ApiKey), _workspace.Root, KeyBatch.Deadline)).Responses;

        answers.Count.ShouldBe(Most);
        answers.ShouldAllBe(answer => answer.Verdict == Verdict.Valid && answer.KeyId == created.Key.KeyId);
    }

    /// <summary>What clients take by default is 4 MiB; a key with all the metadata there may be has 33 KB.</summary>
    [Theory]
    [InlineData(100, true)]
    [InlineData(200, false)]
    public async Task Answers_are_at_most_4_MiB_together_from_memory_and_otherwise(int count, bool isAnswered)
    {
        var request = _workspace.KeyRequest();
        for (var i = 0; i < 32; i++) request.Metadata.Add($"label{i}", string.Concat(Enumerable.Repeat("\U0001F511", 256)));
        var batch = RawGrpc.Frame(Batch(count, (await _workspace.Client.CreateKeyAsync(request, _workspace.Root)).ApiKey));
        using var raw = new RawGrpc(shared.Server);
        await raw.SendAsync("ValidateKeys", batch);

        var atOnce = await raw.SendAsync("ValidateKeys", batch);
        var byFramework = await raw.SendAsync("ValidateKeys", batch, headers: ("x-keyservice-actor", "somebody"));

        foreach (var answer in new[] { atOnce, byFramework })
        {
            answer.Code.ShouldBe(isAnswered ? StatusCode.OK : StatusCode.ResourceExhausted);
            if (!isAnswered) answer.Error.Reason.ShouldBe("MESSAGE_TOO_LARGE");
            if (!isAnswered) answer.Error.Message.ShouldContain("4 MiB");
        }
    }

    [Theory]
    [InlineData(Most + 1)]
    [InlineData(3 * Most)]
    public async Task More_are_refused(int count) =>
        (await FailsAsync(Batch(count, "x"))).ShouldBeInvalid("requests");

    [Fact]
    public async Task Each_field_that_breaks_a_limit_is_named_with_its_question()
    {
        var batch = Batch(4, (await _workspace.CreateAsync()).ApiKey);
        batch.Requests[1].WorkspaceId = "no such/workspace";
        batch.Requests[3].RequiredScopes.Add(["fine", "NOT"]);

        (await FailsAsync(batch)).ShouldBeInvalid("requests[1].workspace_id", "requests[3].required_scopes[1]");
    }

    [Fact]
    public async Task Too_many_scopes_of_one_question_are_named_with_it()
    {
        var batch = Batch(2, "x");
        batch.Requests[1].RequiredScopes.Add(Enumerable.Range(0, 65).Select(i => $"s{i}"));

        (await FailsAsync(batch)).ShouldBeInvalid("requests[1].required_scopes");
    }

    [Theory]
    [InlineData("keys:read")]
    [InlineData("keys:write")]
    public async Task Another_permission_is_not_enough(string permission)
    {
        var error = await FailsAsync(Batch(1, (await _workspace.CreateAsync()).ApiKey), await _workspace.CallerAsync(permission));

        error.ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
    }

    [Fact]
    public async Task Nobody_asks_without_a_credential()
    {
        (await FailsAsync(Batch(1, "x"), [])).ShouldBe(StatusCode.Unauthenticated, "NO_CREDENTIAL");
        (await FailsAsync(Batch(1, "x"), TestServer.As((await _workspace.CreateAsync()).ApiKey))).ShouldBe(
            StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Fact]
    public async Task A_refusal_repeats_no_api_key()
    {
        var created = await _workspace.CreateAsync();
        var batch = Batch(2, created.ApiKey);
        batch.Requests[1].WorkspaceId = created.ApiKey + "/";

        var error = await FailsAsync(batch);

        error.ShouldBeInvalid("requests[1].workspace_id");
        System.Text.Encoding.UTF8.GetString(error.Status).ShouldNotContain(created.ApiKey[8..40]);
    }

    private static ValidateKeysRequest Batch(int count, string apiKey) =>
        new() { Requests = { Enumerable.Range(0, count).Select(_ => new ValidateKeyRequest { ApiKey = apiKey }) } };

    private Task<CallError> FailsAsync(ValidateKeysRequest batch, Metadata? caller = null) =>
        CallError.Of(_workspace.Client.ValidateKeysAsync(batch, caller ?? _workspace.Root));
}
