using System.Text;
using System.Text.Json;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Tests.Keys;
using Microsoft.AspNetCore.Http;

namespace KeyService.Server.Tests.Grpc;

public class JsonBodiesTests
{
    private bool _passedOn;
    private string? _bodyPassedOn;

    [Fact]
    public async Task A_good_body_is_passed_on_whole()
    {
        const string Body = """{"name": "Trading bot", "allowed_addresses": ["10.0.0.0/8"], "requestId": "a"}""";

        await SendAsync("CreateKey", Body);

        _bodyPassedOn.ShouldBe(Body);
    }

    [Theory]
    [InlineData("""{"name": "n", "expiryTime": "2030-01-01T00:00:00Z"}""", "expiryTime")]
    [InlineData("""{"name": "n", "expire_Time": null}""", "expire_Time")]
    [InlineData("""{"rateLimit": {}}""", "rateLimit")]
    public async Task A_field_that_the_contract_does_not_have_is_refused_by_name(string body, string field) =>
        (await RefusedFieldsAsync("CreateKey", body)).ShouldBe([field]);

    [Fact]
    public async Task A_secret_that_lost_its_place_is_not_repeated()
    {
        var body = $$"""{"{{PinnedKey.ApiKey}}": 1}""";

        (await RefusedFieldsAsync("ValidateKey", body)).ShouldBe(["(unnamed)"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"name\"")]
    [InlineData("{\"name\": 1")]
    [InlineData("{\"name\": [\"a\"]}")]
    [InlineData("{\"scopes\": \"a\"}")]
    [InlineData("{\"expireTime\": \"tomorrow\"}")]
    [InlineData("{} {}")]
    public async Task What_is_not_the_JSON_of_the_request_is_refused(string body) =>
        (await RefusedFieldsAsync("CreateKey", body)).ShouldBe(["body"]);

    [Fact]
    public async Task Nesting_without_end_is_refused_not_followed() =>
        (await RefusedFieldsAsync("CreateKey", "{\"name\":" + new string('[', 100_000))).ShouldBe(["body"]);

    [Fact]
    public async Task A_query_parameter_that_the_request_does_not_have_is_refused()
    {
        (await RefusedFieldsAsync("ListKeys", "", "GET", "?pageSize=1&pagesize=2&show=all")).ShouldBe(["pagesize", "show"], ignoreOrder: true);
        await SendAsync("ListKeys", "", "GET", "?pageSize=1&page_token=a&orderBy=name");
        _passedOn.ShouldBeTrue();
    }

    [Fact]
    public async Task A_gRPC_call_is_passed_on_without_a_look()
    {
        await SendAsync("CreateKey", "not JSON", contentType: "application/grpc");

        _passedOn.ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_no_RPC_is_passed_on()
    {
        await SendAsync(rpc: null, "not JSON");

        _passedOn.ShouldBeTrue();
    }

    private async Task<List<string?>> RefusedFieldsAsync(string rpc, string body, string method = "POST", string query = "")
    {
        var context = await SendAsync(rpc, body, method, query);

        _passedOn.ShouldBeFalse();
        context.Response.StatusCode.ShouldBe(400);
        context.Response.ContentType.ShouldBe("application/json");
        var error = JsonDocument.Parse(((MemoryStream)context.Response.Body).ToArray()).RootElement;
        error.GetProperty("code").GetInt32().ShouldBe((int)StatusCode.InvalidArgument);
        error.GetRawText().ShouldNotContain(PinnedKey.ApiKey);
        var details = error.GetProperty("details").EnumerateArray().ToList();
        details.ShouldContain(detail => detail.GetProperty("@type").GetString() == "type.googleapis.com/google.rpc.ErrorInfo"
            && detail.GetProperty("reason").GetString() == "INVALID_FIELD");
        return
        [
            .. details.Single(detail => detail.TryGetProperty("fieldViolations", out _))
                .GetProperty("fieldViolations").EnumerateArray().Select(violation => violation.GetProperty("field").GetString()),
        ];
    }

    private async Task<DefaultHttpContext> SendAsync(
        string? rpc, string body, string method = "POST", string query = "", string contentType = "application/json")
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.ContentType = contentType;
        context.Request.QueryString = new QueryString(query);
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        context.Response.Body = new MemoryStream();
        var metadata = rpc is null ? [] : new object[] { new GrpcMethodMetadata(typeof(ApiKeyService.ApiKeyServiceBase), MethodOf(rpc)) };
        context.SetEndpoint(new Endpoint(requestDelegate: null, new EndpointMetadataCollection(metadata), rpc));
        _passedOn = false;
        await JsonBodies.Check(context, async passed =>
        {
            _passedOn = true;
            using var reader = new StreamReader(passed.Request.Body);
            _bodyPassedOn = await reader.ReadToEndAsync();
        });
        return context;
    }

    private static Method<string, string> MethodOf(string rpc) =>
        new(MethodType.Unary, "keyservice.v1.ApiKeyService", rpc, Marshallers.StringMarshaller, Marshallers.StringMarshaller);
}
