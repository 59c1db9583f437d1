using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Json;

/// <summary>What is said twice, or otherwise than the path says it, is refused: one of the two would be lost without a word.</summary>
public sealed class DoubledFieldsTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    private string Keys => $"/v1/workspaces/{_workspace.Id}/keys";

    [Fact]
    public async Task A_field_given_under_both_of_its_names_is_refused() =>
        (await JsonAnswer.Post(_server, Keys, """{"name": "a", "requestId": "x", "request_id": "y"}""")).ShouldBeInvalid("request_id");

    [Theory]
    [InlineData("""{"name": "a", "name": "b"}""", "name")]
    [InlineData("""{"name": "a", "expireTime": "2999-01-01T00:00:00Z", "expireTime": null}""", "expire_time")]
    [InlineData("""{"name": "a", "metadata": {"b": "c", "b": "d"}}""", "metadata")]
    public async Task A_field_given_twice_is_refused(string body, string field) => (await JsonAnswer.Post(_server, Keys, body)).ShouldBeInvalid(field);

    [Theory]
    [InlineData("elsewhere")]
    [InlineData("keys")]
    public async Task A_workspace_in_the_body_that_contradicts_the_path_is_refused(string workspaceId) =>
        (await JsonAnswer.Post(_server, Keys, $$"""{"name": "a", "workspaceId": "{{workspaceId}}"}""")).ShouldBeInvalid("workspace_id");

    [Fact]
    public async Task A_call_refused_before_the_service_is_counted_like_any_other()
    {
        await JsonAnswer.Get(_server, "/v1/caller", "x");

        await Eventually.IsTrueAsync(
            async () => (await _server.MetricsAsync()).Split('\n').Any(line =>
                line.StartsWith("rpc_server_call_duration_seconds_count", StringComparison.Ordinal)
                && line.Contains("\"GetCaller\"") && line.Contains("\"Unauthenticated\"")),
            "the refused call is counted");
    }
}
