using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;
using Grpc.Core;

namespace KeyService.FunctionalTests.ValidateKey;

public sealed class AtLeastAsFreshTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task The_token_of_a_change_is_accepted_and_the_change_is_known()
    {
        var created = await _workspace.CreateAsync();
        var off = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);

        var answer = await _workspace.ValidateAsync(created.ApiKey, request => request.AtLeastAsFresh = off.Propagation.ConsistencyToken);

        (answer.Verdict, answer.Revision).ShouldBe((Verdict.Disabled, off.Propagation.Revision));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all !")]
    public async Task A_token_that_was_never_given_out_is_refused(string token)
    {
        var created = await _workspace.CreateAsync();

        (await RefusedAsync(created, token)).ShouldBe(StatusCode.InvalidArgument, "INVALID_CONSISTENCY_TOKEN");
    }

    [Fact]
    public async Task A_token_with_one_character_changed_is_refused()
    {
        var created = await _workspace.CreateAsync();
        var token = (await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled)).Propagation.ConsistencyToken;

        for (var i = 0; i < token.Length - 1; i += 7)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            (await RefusedAsync(created, changed)).ShouldBe(StatusCode.InvalidArgument, "INVALID_CONSISTENCY_TOKEN");
        }
    }

    private Task<CallError> RefusedAsync(CreateKeyResponse created, string token) =>
        CallError.Of(_workspace.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey, AtLeastAsFresh = token }, _workspace.Root));
}
