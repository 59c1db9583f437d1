using System.Net;
using System.Text.Json;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Json;

public sealed class RoutesTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    private string Keys => $"/v1/workspaces/{_workspace.Id}/keys";

    [Fact]
    public async Task CreateKey_takes_and_returns_every_field()
    {
        var expiry = TestWorkspace.In(TimeSpan.FromDays(1)).ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

        var created = (await JsonAnswer.Post(_server, Keys, $$"""
            {"name": " Bot ", "description": "d", "environment": "KEY_ENVIRONMENT_TEST", "scopes": ["a.*"], "allowedAddresses": ["10.0.0.0/8"],
             "expireTime": "{{expiry}}", "metadata": {"team": "7"}, "requestId": "r1", "nonRecoverable": false}
            """)).ShouldBeOk();

        var key = created.GetProperty("key");
        created.GetProperty("apiKey").GetString()!.ShouldMatch("^ks_test_[0-9A-Za-z]{38}$");
        key.GetProperty("workspaceId").GetString().ShouldBe(_workspace.Id);
        key.GetProperty("name").GetString().ShouldBe("Bot");
        key.GetProperty("environment").GetString().ShouldBe("KEY_ENVIRONMENT_TEST");
        key.GetProperty("status").GetString().ShouldBe("KEY_STATUS_ENABLED");
        key.GetProperty("scopes")[0].GetString().ShouldBe("a.*");
        key.GetProperty("metadata").GetProperty("team").GetString().ShouldBe("7");
        key.GetProperty("expireTime").GetString().ShouldBe(expiry);
        (await _workspace.GetAsync(key.GetProperty("keyId").GetString()!)).Description.ShouldBe("d");
    }

    [Fact]
    public async Task CreateKey_takes_the_names_of_the_protos_too()
    {
        var created = (await JsonAnswer.Post(_server, Keys, """{"name": "Bot", "non_recoverable": true}""")).ShouldBeOk();

        created.GetProperty("key").GetProperty("recoverable").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task ListKeys_takes_its_fields_from_the_query()
    {
        await _workspace.CreateAsync(request => request.Name = "a 100% & more");
        await _workspace.CreateAsync(request => request.Name = "b");
        await _workspace.CreateAsync(request => request.Name = "c");

        var first = (await JsonAnswer.Get(_server, $"{Keys}?pageSize=2&orderBy=name&status=KEY_STATUS_ENABLED")).ShouldBeOk();
        var token = Uri.EscapeDataString(first.GetProperty("nextPageToken").GetString()!);
        var second = (await JsonAnswer.Get(_server, $"{Keys}?page_size=2&order_by=name&status=KEY_STATUS_ENABLED&page_token={token}")).ShouldBeOk();
        var found = (await JsonAnswer.Get(_server, $"{Keys}?query={Uri.EscapeDataString("100% &")}")).ShouldBeOk();

        Names(first).ShouldBe(["a 100% & more", "b"]);
        Names(second).ShouldBe(["c"]);
        second.GetProperty("nextPageToken").GetString().ShouldBeEmpty();
        Names(found).ShouldBe(["a 100% & more"]);
    }

    [Fact]
    public async Task GetKey_returns_the_key()
    {
        var created = await _workspace.CreateAsync();

        var key = (await JsonAnswer.Get(_server, $"{Keys}/{created.Key.KeyId}")).ShouldBeOk().GetProperty("key");

        key.GetProperty("keyId").GetString().ShouldBe(created.Key.KeyId);
        key.GetProperty("hint").GetString().ShouldBe(created.Key.Hint);
    }

    [Fact]
    public async Task SetStatus_switches_and_reports_revisions_as_strings()
    {
        var created = await _workspace.CreateAsync();

        var changed = (await JsonAnswer.Post(
            _server, $"{Keys}/{created.Key.KeyId}:setStatus",
            """{"status": "KEY_STATUS_DISABLED", "reason": "lost", "propagationWait": "30.5s"}""")).ShouldBeOk();

        changed.GetProperty("key").GetProperty("status").GetString().ShouldBe("KEY_STATUS_DISABLED");
        changed.GetProperty("key").GetProperty("statusReason").GetString().ShouldBe("lost");
        var propagation = changed.GetProperty("propagation");
        propagation.GetProperty("state").GetString().ShouldBe("PROPAGATION_STATE_COMPLETE");
        propagation.GetProperty("revision").ValueKind.ShouldBe(JsonValueKind.String);
        long.Parse(propagation.GetProperty("revision").GetString()!).ShouldBe((await _workspace.ValidateAsync(created.ApiKey)).Revision);
    }

    [Fact]
    public async Task RevealKey_returns_the_api_key()
    {
        var created = await _workspace.CreateAsync();

        var revealed = (await JsonAnswer.Post(_server, $"{Keys}/{created.Key.KeyId}:reveal", "{}")).ShouldBeOk();

        revealed.GetProperty("apiKey").GetString().ShouldBe(created.ApiKey);
    }

    [Fact]
    public async Task ListAuditEvents_lists_with_sequences_as_strings()
    {
        var created = await _workspace.CreateAsync();
        await _workspace.CreateAsync();

        var page = (await JsonAnswer.Get(
            _server, $"/v1/workspaces/{_workspace.Id}/auditEvents?keyId={created.Key.KeyId}&pageSize=10")).ShouldBeOk();

        var audited = page.GetProperty("events").EnumerateArray().ShouldHaveSingleItem();
        audited.GetProperty("sequence").GetString().ShouldBe("1");
        audited.GetProperty("action").GetString().ShouldBe("CreateKey");
        audited.TryGetProperty("before", out _).ShouldBeFalse();
        audited.GetProperty("after").GetProperty("keyId").GetString().ShouldBe(created.Key.KeyId);
    }

    [Fact]
    public async Task GetCaller_says_who_is_calling()
    {
        var caller = (await JsonAnswer.Get(_server, "/v1/caller")).ShouldBeOk();

        caller.GetProperty("allWorkspaces").GetBoolean().ShouldBeTrue();
        caller.GetProperty("permissions").GetArrayLength().ShouldBe(6);
    }

    [Fact]
    public async Task ValidateKey_answers_with_the_revision_as_a_string()
    {
        var created = await _workspace.CreateAsync();

        var answer = (await JsonAnswer.Post(
            _server, "/v1/keys:validate", $$"""{"apiKey": "{{created.ApiKey}}", "workspaceId": "{{_workspace.Id}}"}""")).ShouldBeOk();
        var no = (await JsonAnswer.Post(_server, "/v1/keys:validate", """{"apiKey": "x"}""")).ShouldBeOk();

        answer.GetProperty("verdict").GetString().ShouldBe("VERDICT_VALID");
        answer.GetProperty("keyId").GetString().ShouldBe(created.Key.KeyId);
        answer.GetProperty("revision").ValueKind.ShouldBe(JsonValueKind.String);
        no.GetProperty("verdict").GetString().ShouldBe("VERDICT_NOT_FOUND");
        no.GetProperty("keyId").GetString().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_workspace_of_the_path_counts()
    {
        var elsewhere = TestWorkspace.New(shared);

        await JsonAnswer.Post(_server, Keys, $$"""{"workspaceId": "{{elsewhere.Id}}", "name": "Bot"}""");

        (await elsewhere.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_id_that_none_may_have_is_named()
    {
        (await JsonAnswer.Get(_server, $"/v1/workspaces/a%20b/keys/key_x")).ShouldBeInvalid("workspace_id");
        (await JsonAnswer.Get(_server, $"/v1/workspaces/a%2Fb/keys/key_x")).ShouldBeInvalid("workspace_id");
        (await JsonAnswer.Get(_server, $"{Keys}/key%255Fx")).ShouldBeInvalid("key_id");
        (await JsonAnswer.Get(_server, $"{Keys}/%00")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("PUT", "keys")]
    [InlineData("DELETE", "keys/key_x")]
    [InlineData("POST", "keys/key_x:undelete")]
    [InlineData("GET", "keys/key_x:reveal/")]
    [InlineData("GET", "nothing")]
    public async Task Other_routes_are_none(string method, string path)
    {
        var answer = await JsonAnswer.Send(
            _server, new(new HttpMethod(method), $"/v1/workspaces/{_workspace.Id}/{path}"), _server.RootCredential);

        ((int)answer.Status).ShouldBeOneOf(404, 405);
    }

    private static IEnumerable<string?> Names(JsonElement page) =>
        page.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("name").GetString());
}
