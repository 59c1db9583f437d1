using System.Net;
using System.Net.Http.Headers;
using System.Text;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Json;

/// <summary>Errors over HTTP say what those over gRPC say.</summary>
public sealed class ErrorsTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    private string Keys => $"/v1/workspaces/{_workspace.Id}/keys";

    [Fact]
    public async Task Each_status_has_its_code_and_details()
    {
        var created = await _workspace.CreateAsync(request => request.NonRecoverable = true);
        var key = $"{Keys}/{created.Key.KeyId}";
        await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);
        await JsonAnswer.Post(_server, Keys, """{"name": "a", "requestId": "r"}""");
        var weak = (await _workspace.CreateCredentialAsync([], [])).ApiKey;

        (await JsonAnswer.Post(_server, Keys, """{"name": "", "scopes": ["A"]}""")).ShouldBeInvalid("name", "scopes[0]");
        (await JsonAnswer.Get(_server, $"{Keys}?pageToken=x")).ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_PAGE_TOKEN");
        (await JsonAnswer.Get(_server, Keys, "")).ShouldBeError(HttpStatusCode.Unauthorized, 16, "NO_CREDENTIAL");
        (await JsonAnswer.Get(_server, Keys, "x")).ShouldBeError(HttpStatusCode.Unauthorized, 16, "BAD_CREDENTIAL");
        (await JsonAnswer.Get(_server, Keys, weak)).ShouldBeError(HttpStatusCode.Forbidden, 7, "MISSING_PERMISSION");
        (await JsonAnswer.Get(_server, $"{Keys}/key_x")).ShouldBeError(HttpStatusCode.NotFound, 5, "KEY_NOT_FOUND");
        (await JsonAnswer.Post(_server, $"{key}:setStatus", """{"status": "KEY_STATUS_ENABLED", "etag": "old"}"""))
            .ShouldBeError(HttpStatusCode.Conflict, 10, "STALE_ETAG");
        (await JsonAnswer.Post(_server, Keys, """{"name": "b", "requestId": "r"}"""))
            .ShouldBeError(HttpStatusCode.Conflict, 6, "REQUEST_ID_REUSED");
        var notKept = await JsonAnswer.Post(_server, $"{key}:reveal", "{}");
        notKept.ShouldBeError(HttpStatusCode.BadRequest, 9, "NOT_RECOVERABLE");
        notKept.Detail("PreconditionFailure").GetProperty("violations")[0].GetProperty("subject").GetString().ShouldBe(created.Key.KeyId);
    }

    [Theory]
    [InlineData("""{"name": "a", "expiryTime": "2999-01-01T00:00:00Z"}""", "expiryTime")]
    [InlineData("""{"name": "a", "rateLimit": {"requests": 1}}""", "rateLimit")]
    [InlineData("""{"name": "a", "Name": "b"}""", "Name")]
    public async Task An_unknown_field_of_the_body_is_refused_by_name(string body, string field)
    {
        (await JsonAnswer.Post(_server, Keys, body)).ShouldBeInvalid(field);

        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_api_key_that_became_a_field_name_is_not_repeated()
    {
        var apiKey = (await _workspace.CreateAsync()).ApiKey;

        var answer = await JsonAnswer.Post(_server, "/v1/keys:validate", $$"""{"{{apiKey}}": "x"}""");

        answer.ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_FIELD");
        answer.Text.ShouldNotContain(apiKey[8..40]);
    }

    [Theory]
    [InlineData("keys?pagesize=5", "pagesize")]
    [InlineData("keys?filter=x", "filter")]
    [InlineData("auditEvents?query=x", "query")]
    public async Task An_unknown_query_parameter_is_refused_by_name(string path, string field) =>
        (await JsonAnswer.Get(_server, $"/v1/workspaces/{_workspace.Id}/{path}")).ShouldBeInvalid(field);

    [Theory]
    [InlineData("keys?pageSize=many", "page_size")]
    [InlineData("keys?pageSize=99999999999", "page_size")]
    [InlineData("keys?status=ON", "status")]
    [InlineData("keys?pageSize=1&pageSize=2", "page_size")]
    [InlineData("keys?pageSize=-1", "page_size")]
    [InlineData("keys?pageSize=1&page_size=2", "page_size")]
    [InlineData("keys?pageSize=%2B1", "page_size")]
    [InlineData("keys?status=9", "status")]
    [InlineData("keys?query=%ff", "query")]
    [InlineData("auditEvents?pageSize=1.5", "page_size")]
    public async Task A_query_parameter_of_the_wrong_form_is_refused_by_name(string path, string field) =>
        (await JsonAnswer.Get(_server, $"/v1/workspaces/{_workspace.Id}/{path}")).ShouldBeInvalid(field);

    [Fact]
    public async Task A_query_parameter_of_a_call_with_a_body_is_refused()
    {
        (await JsonAnswer.Post(_server, $"{Keys}?name=b", """{"name": "a"}""")).ShouldBeInvalid("name");
        (await JsonAnswer.Post(_server, "/v1/keys:validate?apiKey=x", "{}")).ShouldBeInvalid("apiKey");

        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"name": }""")]
    [InlineData("""{"name": "a"} x""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"name\"")]
    [InlineData("""{"name": 7}""")]
    [InlineData("""{"name": "a", "scopes": "a"}""")]
    [InlineData("""{"name": "a", "scopes": [null]}""")]
    [InlineData("""{"name": "a", "environment": "PROD"}""")]
    [InlineData("""{"name": "a", "expireTime": "tomorrow"}""")]
    [InlineData("""{"name": "a", "metadata": []}""")]
    [InlineData("""{"name": "a", "metadata": {"b": null}}""")]
    [InlineData("""{"name": "a", "nonRecoverable": "yes"}""")]
    [InlineData("""{"name": "\ud800"}""")]
    [InlineData("name=a")]
    public async Task A_body_that_is_not_the_json_of_the_request_is_refused(string body)
    {
        (await JsonAnswer.Post(_server, Keys, body)).ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_FIELD");

        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deeply_nested_body_is_refused()
    {
        var answer = await JsonAnswer.Post(_server, Keys, string.Concat(Enumerable.Repeat("{\"metadata\":", 20_000)));

        answer.ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_FIELD");
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        using var content = new ByteArrayContent([.. "{\"name\": \""u8, 0xFF, 0xFE, 0xC0, 0x80, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");

        var answer = await JsonAnswer.Post(_server, Keys, content);

        answer.ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_FIELD");
        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    [InlineData("text/json")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=nonsense")]
    [InlineData(null)]
    public async Task Another_content_type_is_refused(string? type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"name": "a"}"""));
        if (type is not null) content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        var answer = await JsonAnswer.Post(_server, Keys, content);

        answer.ShouldBeError(HttpStatusCode.UnsupportedMediaType, 3, "INVALID_FIELD");
        answer.Fields.ShouldBe(["content-type"]);
        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_the_limit_is_refused_and_the_next_call_works(bool chunked)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"name": "a", "description": "{{new string('d', 300 * 1024)}}"}""");
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, Keys) { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        var answer = await JsonAnswer.Send(_server, request, _server.RootCredential);

        answer.ShouldBeError(HttpStatusCode.RequestEntityTooLarge, 8, "MESSAGE_TOO_LARGE");
        answer.Text.ShouldNotContain("RetryInfo");
        (await JsonAnswer.Get(_server, "/v1/caller")).ShouldBeOk();
    }

    [Fact]
    public async Task No_error_tells_of_the_inside()
    {
        foreach (var body in new[] { "{", """{"name": 7}""", """{"name": "a", "expireTime": "x"}""" })
        {
            var text = (await JsonAnswer.Post(_server, Keys, body)).Text;
            foreach (var word in new[] { "Exception", "   at ", "Google.", "System.", "line ", "Json" }) text.ShouldNotContain(word, Case.Sensitive);
        }
    }
}
