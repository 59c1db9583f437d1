using System.Net;
using System.Text.Json;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKeys;

/// <summary>The same over HTTP.</summary>
public sealed class JsonTests(SharedServer shared)
{
    private const string Path = "/v1/keys:validateBatch";

    private readonly TestServer _server = shared.Server;
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task Questions_are_answered_in_their_order_under_either_name_of_a_field()
    {
        var (first, second) = (await _workspace.CreateAsync(), await _workspace.CreateAsync());
        await _workspace.SetStatusAsync(second.Key.KeyId, KeyStatus.Disabled);

        var answers = (await JsonAnswer.Post(_server, Path, $$"""
            {"requests": [{"apiKey": "x"}, {"apiKey": "{{first.ApiKey}}"}, {"api_key": "{{second.ApiKey}}"},
              {"apiKey": "{{first.ApiKey}}", "requiredScopes": ["admin"]}]}
            """)).ShouldBeOk().GetProperty("responses").EnumerateArray().ToList();

        answers.ConvertAll(each => each.GetProperty("verdict").GetString())
            .ShouldBe(["VERDICT_NOT_FOUND", "VERDICT_VALID", "VERDICT_DISABLED", "VERDICT_INSUFFICIENT_SCOPE"]);
        answers.ConvertAll(each => each.GetProperty("keyId").GetString()).ShouldBe(["", first.Key.KeyId, second.Key.KeyId, first.Key.KeyId]);
        var alone = (await JsonAnswer.Post(_server, "/v1/keys:validate", $$"""{"apiKey": "{{first.ApiKey}}"}""")).ShouldBeOk();
        JsonElement.DeepEquals(answers[1], alone).ShouldBeTrue($"{answers[1]} is not {alone}");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"requests": []}""")]
    public async Task None_is_answered_by_none(string body) =>
        (await JsonAnswer.Post(_server, Path, body)).ShouldBeOk().GetProperty("responses").GetArrayLength().ShouldBe(0);

    [Theory]
    [InlineData("""{"requests": [{"apiKey": "x"}, {"apiKey": "x", "rateLimit": 7}]}""", "requests[1].rateLimit")]
    [InlineData("""{"requests": [{"apiKey": "x", "requests": []}]}""", "requests[0].requests")]
    [InlineData("""{"apiKey": "x"}""", "apiKey")]
    public async Task An_unknown_field_is_refused_by_name(string body, string field) =>
        (await JsonAnswer.Post(_server, Path, body)).ShouldBeInvalid(field);

    [Theory]
    [InlineData("""{"requests": [{"apiKey": "x"}, {"apiKey": "x", "api_key": "y"}]}""", "requests[1].api_key")]
    [InlineData("""{"requests": [{"workspaceId": "a", "workspace_id": "a"}]}""", "requests[0].workspace_id")]
    public async Task A_field_of_a_question_given_under_both_of_its_names_is_refused(string body, string field) =>
        (await JsonAnswer.Post(_server, Path, body)).ShouldBeInvalid(field);

    [Fact]
    public async Task A_field_of_a_question_given_twice_is_refused() =>
        (await JsonAnswer.Post(_server, Path, """{"requests": [{"apiKey": "x", "apiKey": "y"}]}""")).ShouldBeInvalid("requests[0].api_key");

    [Theory]
    [InlineData("""{"requests": {}}""")]
    [InlineData("""{"requests": [null]}""")]
    [InlineData("""{"requests": ["x"]}""")]
    [InlineData("""{"requests": [{"apiKey": 7}]}""")]
    [InlineData("""{"requests": [[]]}""")]
    [InlineData("""[{"apiKey": "x"}]""")]
    [InlineData("""{"requests": [{"apiKey": "x"}]""")]
    public async Task A_body_that_is_not_the_json_of_the_request_is_refused(string body) =>
        (await JsonAnswer.Post(_server, Path, body)).ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_FIELD");

    [Fact]
    public async Task Limits_are_those_of_gRPC()
    {
        (await JsonAnswer.Post(_server, Path, """{"requests": [{"apiKey": "x"}, {"workspaceId": "a/b", "requiredScopes": ["C"]}]}"""))
            .ShouldBeInvalid("requests[1].workspace_id", "requests[1].required_scopes[0]");
        (await JsonAnswer.Post(_server, Path, $$"""{"requests": [{{string.Join(',', Enumerable.Repeat("{}", 1_001))}}]}""")).ShouldBeInvalid("requests");
        (await JsonAnswer.Post(_server, Path, $$"""{"requests": [{{string.Join(',', Enumerable.Repeat("{}", 1_000))}}]}"""))
            .ShouldBeOk().GetProperty("responses").GetArrayLength().ShouldBe(1_000);
    }

    [Fact]
    public async Task Callers_are_those_of_gRPC()
    {
        var reader = (await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id])).ApiKey;

        (await JsonAnswer.Post(_server, Path, "{}", "")).ShouldBeError(HttpStatusCode.Unauthorized, 16, "NO_CREDENTIAL");
        (await JsonAnswer.Post(_server, Path, "{}", reader)).ShouldBeError(HttpStatusCode.Forbidden, 7, "MISSING_PERMISSION");
        (await JsonAnswer.Get(_server, Path)).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task An_api_key_that_became_a_field_name_is_not_repeated()
    {
        var apiKey = (await _workspace.CreateAsync()).ApiKey;

        var answer = await JsonAnswer.Post(_server, Path, $$"""{"requests": [{"{{apiKey}}": "x"}]}""");

        answer.ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_FIELD");
        answer.Text.ShouldNotContain(apiKey[8..40]);
    }
}
