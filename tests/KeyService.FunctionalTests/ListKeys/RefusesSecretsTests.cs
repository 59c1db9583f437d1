using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ListKeys;

public sealed class RefusesSecretsTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("as it is")]
    [InlineData("with spaces around")]
    [InlineData("mistyped")]
    [InlineData("in quotation marks")]
    [InlineData("as a header")]
    [InlineData("in a sentence")]
    public async Task A_query_that_is_an_api_key_is_refused_and_not_repeated(string how)
    {
        var apiKey = (await _workspace.CreateAsync()).ApiKey;
        var query = how switch
        {
            "with spaces around" => $" {apiKey} ",
            "in quotation marks" => $"\"{apiKey}\"",
            "as a header" => $"Bearer {apiKey}",
            "in a sentence" => $"my key {apiKey}!",
            "mistyped" => apiKey[..^1] + (apiKey[^1] == 'a' ? 'b' : 'a'),
            _ => apiKey,
        };

        var error = await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, Query = query }, _workspace.Root));

        error.ShouldBeInvalid("query");
        error.Message.ShouldNotContain(apiKey[8..40]);
        System.Text.Encoding.Latin1.GetString(error.Status).ShouldNotContain(apiKey[8..40]);
        string.Join('\n', shared.Server.Output).ShouldNotContain(apiKey[8..40]);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    public async Task Control_characters_are_refused(string query)
    {
        var error = await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, Query = query }, _workspace.Root));

        error.ShouldBeInvalid("query");
    }

    [Fact]
    public async Task All_violations_are_told_at_once()
    {
        var error = await CallError.Of(_workspace.Client.ListKeysAsync(
            new() { WorkspaceId = "a b", PageSize = -1, Query = new('q', 257), Status = (KeyStatus)9, OrderBy = "hint" }, _workspace.Root));

        error.ShouldBeInvalid("workspace_id", "page_size", "query", "status", "order_by");
    }

    [Fact]
    public async Task A_query_of_256_code_points_is_taken()
    {
        (await _workspace.ListAsync(request => request.Query = string.Concat(Enumerable.Repeat("🔑", 256)))).ShouldBeEmpty();
    }
}
