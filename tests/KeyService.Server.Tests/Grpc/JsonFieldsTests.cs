using System.Text;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Tests.Keys;
using Microsoft.AspNetCore.Http;

namespace KeyService.Server.Tests.Grpc;

/// <summary>JSON that the transcoder would take without a word.</summary>
public class JsonFieldsTests
{
    private const string Path = "/v1/workspaces/acme/keys";

    [Fact]
    public void A_good_body_becomes_the_request_whichever_of_its_two_names_a_field_has()
    {
        var violations = new Violations();

        var message = Of("CreateKey").Parse(
            Encoding.UTF8.GetBytes("""{"name": "Trading bot", "allowed_addresses": ["10.0.0.0/8"], "requestId": "a"}"""), Path, violations);

        violations.Any.ShouldBeFalse();
        message.ShouldBe(new CreateKeyRequest { Name = "Trading bot", AllowedAddresses = { "10.0.0.0/8" }, RequestId = "a" });
    }

    [Theory]
    [InlineData("""{"name": "n", "expiryTime": "2030-01-01T00:00:00Z"}""", "expiryTime")]
    [InlineData("""{"name": "n", "expire_Time": null}""", "expire_Time")]
    [InlineData("""{"rateLimit": {}}""", "rateLimit")]
    public void A_field_that_the_contract_does_not_have_is_refused_by_name(string body, string field) =>
        Body("CreateKey", body).ShouldBe([$"{field}: is not a field of this request"]);

    [Fact]
    public void A_secret_that_lost_its_place_is_not_repeated() =>
        Body("ValidateKey", $$"""{"{{PinnedKey.ApiKey}}": 1}""").ShouldBe(["(unnamed): is not a field of this request"]);

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"name\"")]
    [InlineData("{\"name\": 1")]
    [InlineData("{\"name\": [\"a\"]}")]
    [InlineData("{\"scopes\": \"a\"}")]
    [InlineData("{\"expireTime\": \"tomorrow\"}")]
    [InlineData("{\"name\": \"a\", \"name\": \"b\"}")]
    [InlineData("{} {}")]
    public void What_is_not_the_JSON_of_the_request_is_refused(string body) => Body("CreateKey", body).ShouldBe(["body: is not the JSON of a CreateKeyRequest"]);

    [Fact]
    public void Nesting_without_end_is_refused_not_followed() =>
        Body("CreateKey", "{\"name\":" + new string('[', 100_000)).ShouldBe(["body: is not the JSON of a CreateKeyRequest"]);

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused()
    {
        var violations = new Violations();

        Of("CreateKey").Parse(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, Path, violations).ShouldBeNull();

        Refused.Violations(violations.ThrowIfAny).ShouldHaveSingleItem();
    }

    [Fact]
    public void An_enum_value_that_the_contract_does_not_have_is_refused() =>
        Body("CreateKey", """{"name": "n", "environment": 7}""").ShouldBe(["environment: is not a value of this field"]);

    [Fact]
    public void A_body_may_repeat_the_path_and_not_contradict_it()
    {
        Body("CreateKey", """{"workspaceId": "acme"}""").ShouldBeEmpty();
        Body("CreateKey", """{"workspaceId": "other"}""").ShouldBe(["workspace_id: contradicts the path"]);
    }

    [Fact]
    public void An_empty_body_is_an_empty_request() => Body("RevealKey", "").ShouldBeEmpty();

    [Theory]
    [InlineData("?pageSize=1&page_token=a&orderBy=name&status=KEY_STATUS_ENABLED", "")]
    [InlineData("?pagesize=2", "pagesize")]
    [InlineData("?show=all", "show")]
    [InlineData("?workspaceId=other", "workspaceId")]
    [InlineData("?pageSize=1&pageSize=2", "page_size")]
    [InlineData("?pageSize=many", "page_size")]
    [InlineData("?pageSize=99999999999", "page_size")]
    [InlineData("?status=ENABLED", "status")]
    public void A_query_has_parameters_of_the_call_and_each_once(string query, string refused) =>
        Query("ListKeys", query).ShouldBe(refused.Length > 0 ? [refused] : []);

    [Fact]
    public void A_call_with_a_body_has_no_query()
    {
        Query("ValidateKey", "?clientAddress=10.0.0.1").ShouldBe(["clientAddress"]);
        Query("ValidateKey", $"?{PinnedKey.ApiKey}").ShouldBe(["(unnamed)"]);
    }

    [Theory]
    [InlineData("/keyservice.v1.ApiKeyService/CreateKey", true)]
    [InlineData("/grpc.health.v1.Health/Check", true)]
    [InlineData("/v1/workspaces/a.b/keys", false)]
    [InlineData("/v1/keys:validate", false)]
    [InlineData("/", false)]
    [InlineData("", false)]
    public void A_path_of_gRPC_is_told_by_its_package(string path, bool grpc) => JsonCalls.IsGrpcPath(path).ShouldBe(grpc);

    private static IReadOnlyList<string> Body(string rpc, string body)
    {
        var violations = new Violations();
        _ = Of(rpc).Parse(Encoding.UTF8.GetBytes(body), Path, violations);
        return Refused.Violations(violations.ThrowIfAny);
    }

    private static IReadOnlyList<string> Query(string rpc, string query)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);
        var violations = new Violations();
        Of(rpc).CheckQuery(context.Request, violations);
        return Refused.Fields(violations.ThrowIfAny);
    }

    private static JsonFields Of(string rpc) => new(ApiKeyServiceReflection.Descriptor.Services.Single().FindMethodByName(rpc));
}
