using System.Text;
using Google.Protobuf.Reflection;
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
    [InlineData("[]", "body")]
    [InlineData("null", "body")]
    [InlineData("{", "body")]
    [InlineData("{} {}", "body")]
    [InlineData("{'name': 'a'}", "body")]
    [InlineData("{\"name\": \"a\",}", "body")]
    [InlineData("{\"name\": }", "name")]
    [InlineData("{\"name\": \"a", "name")]
    [InlineData("{\"name\": \"a\", \"metadata\": {\"a\" 1}}", "metadata")]
    [InlineData("{\"name\": \"a\", \"name\": \"b\"}", "name")]
    [InlineData("{\"request_id\": \"a\", \"requestId\": \"b\"}", "request_id")]
    [InlineData("{\"name\": 7}", "name")]
    [InlineData("{\"name\": [\"a\"]}", "name")]
    [InlineData("{\"name\": \"\\ud800\"}", "name")]
    [InlineData("{\"scopes\": \"a\"}", "scopes")]
    [InlineData("{\"scopes\": {\"a\": \"b\"}}", "scopes")]
    [InlineData("{\"scopes\": [\"a\", null, 1]}", "scopes[1] scopes[2]")]
    [InlineData("{\"metadata\": {\"a\": 1}}", "metadata")]
    [InlineData("{\"metadata\": {\"a\": null}}", "metadata")]
    [InlineData("{\"metadata\": {\"a\": \"b\", \"a\": \"c\"}}", "metadata")]
    [InlineData("{\"metadata\": {\"\\udc00\": \"b\"}}", "metadata")]
    [InlineData("{\"nonRecoverable\": \"true\"}", "non_recoverable")]
    [InlineData("{\"environment\": \"TEST\"}", "environment")]
    [InlineData("{\"environment\": \"\"}", "environment")]
    [InlineData("{\"environment\": 7}", "environment")]
    [InlineData("{\"environment\": 99999999999}", "environment")]
    [InlineData("{\"environment\": true}", "environment")]
    [InlineData("{\"expireTime\": \"tomorrow\"}", "expire_time")]
    [InlineData("{\"expireTime\": \"2030-01-01\"}", "expire_time")]
    [InlineData("{\"expireTime\": \"10000-01-01T00:00:00Z\"}", "expire_time")]
    [InlineData("{\"expireTime\": \"9999-12-31T23:59:59-01:00\"}", "expire_time")]
    [InlineData("{\"expireTime\": \"\"}", "expire_time")]
    [InlineData("{\"expireTime\": {\"seconds\": 1}}", "expire_time")]
    [InlineData("{\"name\": 1, \"scopes\": 2, \"metadata\": 3, \"a\": 4}", "name scopes metadata a")]
    public void Each_field_that_JSON_has_wrong_is_named(string body, string fields) =>
        Body("CreateKey", body).Select(violation => violation[..violation.IndexOf(':', StringComparison.Ordinal)]).ShouldBe(fields.Split(' '));

    [Theory]
    [InlineData("315576000000s")]
    [InlineData("-315576000000s")]
    [InlineData("315576000001s")]
    [InlineData("-0.5s")]
    [InlineData("1e3s")]
    [InlineData("0.0000000001s")]
    [InlineData("")]
    [InlineData("5")]
    public void A_duration_that_the_transcoder_would_refuse_is_named(string duration) =>
        Body("SetStatus", $$"""{"propagationWait": "{{duration}}"}""").ShouldHaveSingleItem().ShouldStartWith("propagation_wait: must be a duration");

    [Theory]
    [InlineData("""{"requests": {}}""", "requests: must be a JSON array")]
    [InlineData("""{"requests": [1]}""", "requests[0]: must be a JSON object")]
    [InlineData("""{"requests": [{}, {"apikey": "x"}]}""", "requests[1].apikey: is not a field of this request")]
    [InlineData("""{"requests": [{}, {"requiredScopes": [1]}]}""", "requests[1].required_scopes[0]: must be a JSON string")]
    [InlineData("""{"requests": [{"apiKey": "x", "api_key": "y"}]}""", "requests[0].api_key: must be given once")]
    public void A_field_within_a_list_is_named_by_its_path(string body, string violation) => Body("ValidateKeys", body).ShouldBe([violation]);

    [Fact]
    public void A_body_of_nothing_but_faults_is_not_followed_to_its_end() =>
        Body("CreateKey", $$"""{"scopes": [{{string.Join(',', Enumerable.Repeat('1', 100_000))}}]}""").Count.ShouldBeInRange(20, 101);

    [Fact]
    public void Nesting_without_end_is_refused_not_followed() =>
        Body("CreateKey", "{\"name\":" + new string('[', 100_000)).ShouldBe(["name: is nested too deeply"]);

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused_where_they_are()
    {
        var violations = new Violations();

        Of("CreateKey").Parse((byte[])[.. "{\"name\": \""u8, 0xff, .. "\", \""u8, 0xc0, 0x80, .. "\": 1}"u8], Path, violations).ShouldBeNull();

        Refused.Violations(violations.ThrowIfAny).ShouldBe(["name: must be well-formed Unicode", "(unnamed): is not a field of this request"]);
    }

    /// <summary>What the check takes, the parsers of library and transcoder take too: in a time or a duration they have rules of their own.</summary>
    [Fact]
    public void Each_query_field_of_the_contract_has_a_type_that_is_carried_over() =>
        ApiKeyServiceReflection.Descriptor.Services.Single().Methods.Where(method => !Of(method.Name).HasBody).SelectMany(method => method.InputType.Fields.InDeclarationOrder())
            .Where(field => field.IsRepeated || field.FieldType is not (FieldType.String or FieldType.Int32 or FieldType.Enum or FieldType.Bool)).ShouldBeEmpty();

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
    [InlineData("?pageSize=1&page_size=2", "page_size")]
    [InlineData("?pageSize=many", "page_size")]
    [InlineData("?pageSize=99999999999", "page_size")]
    [InlineData("?pageSize=%2B1", "page_size")]
    [InlineData("?pageSize=01", "page_size")]
    [InlineData("?pageSize=1.5", "page_size")]
    [InlineData("?status=ENABLED", "status")]
    [InlineData("?status=9", "status")]
    [InlineData("?query=%ff", "query")]
    [InlineData("?query=%zz", "query")]
    [InlineData("?query=%ed%a0%80", "query")]
    public void A_query_has_parameters_of_the_call_and_each_once(string query, string refused) =>
        Query("ListKeys", query, out _).ShouldBe(refused.Length > 0 ? [refused] : []);

    [Theory]
    [InlineData("?status=1", "?status=KEY_STATUS_ENABLED")]
    [InlineData("?status=0", "?status=KEY_STATUS_UNSPECIFIED")]
    [InlineData("?pageSize=1.0", "?page_size=1")]
    [InlineData("?pageSize=1e1", "?page_size=10")]
    [InlineData("?orderBy=create_time+desc&query=a%26b", "?order_by=create_time%20desc&query=a%26b")]
    [InlineData("?status=&pageSize=&query=&pageToken&orderBy=", "")]
    [InlineData("?&", "")]
    public void A_query_maps_values_as_a_body_does_and_what_is_empty_is_unset(string query, string carriedOver)
    {
        Query("ListKeys", query, out var canonical).ShouldBeEmpty();
        canonical.ShouldBe(carriedOver);
    }

    [Fact]
    public void A_call_with_a_body_has_no_query()
    {
        Query("ValidateKey", "?clientAddress=10.0.0.1", out _).ShouldBe(["clientAddress"]);
        Query("ValidateKey", $"?{PinnedKey.ApiKey}", out _).ShouldBe(["(unnamed)"]);
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

    private static IReadOnlyList<string> Query(string rpc, string query, out string canonical)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);
        var violations = new Violations();
        Of(rpc).TakeQuery(context.Request, violations);
        canonical = context.Request.QueryString.ToString();
        return Refused.Fields(violations.ThrowIfAny);
    }

    private static JsonFields Of(string rpc) => new(ApiKeyServiceReflection.Descriptor.Services.Single().FindMethodByName(rpc));
}
