using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKeys;

public sealed class AtLeastAsFreshTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task The_token_of_a_change_is_accepted_in_any_question_and_the_change_is_known()
    {
        var (off, on) = (await _workspace.CreateAsync(), await _workspace.CreateAsync());
        var changed = await _workspace.SetStatusAsync(off.Key.KeyId, KeyStatus.Disabled);
        var token = changed.Propagation.ConsistencyToken;

        var answers = (await _workspace.Client.ValidateKeysAsync(
            new() { Requests = { new ValidateKeyRequest { ApiKey = on.ApiKey }, new ValidateKeyRequest { ApiKey = off.ApiKey, AtLeastAsFresh = token } } },
            _workspace.Root)).Responses;

        answers[0].Verdict.ShouldBe(Verdict.Valid);
        (answers[1].Verdict, answers[1].Revision).ShouldBe((Verdict.Disabled, changed.Propagation.Revision));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all !")]
    public async Task A_token_that_was_never_given_out_fails_the_call(string token)
    {
        var apiKey = (await _workspace.CreateAsync()).ApiKey;

        var error = await CallError.Of(_workspace.Client.ValidateKeysAsync(
            new() { Requests = { new ValidateKeyRequest { ApiKey = apiKey }, new ValidateKeyRequest { ApiKey = apiKey, AtLeastAsFresh = token } } }, _workspace.Root));

        error.ShouldBe(StatusCode.InvalidArgument, "INVALID_CONSISTENCY_TOKEN");
    }
}
