using System.Net;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Wire;

/// <summary>A process answers for its roles and says so for the others.</summary>
public sealed class RolesTests
{
    [Fact]
    public async Task A_validation_process_validates_and_manages_nothing()
    {
        await using var store = new TestStore();
        CreateKeyResponse created;
        await using (var all = await TestServer.StartInProcessAsync(store)) created = await new TestWorkspace(all, "w1").CreateAsync();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__Roles", "validation"));
        var client = server.Client;

        (await client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, server.Root)).Verdict.ShouldBe(Verdict.Valid);
        (await client.ValidateKeysAsync(new() { Requests = { new ValidateKeyRequest { ApiKey = created.ApiKey } } }, server.Root)).Responses.Single().Verdict.ShouldBe(Verdict.Valid);
        (await JsonAnswer.Post(server, "/v1/keys:validate", """{"apiKey": "x"}""")).ShouldBeOk();
        (await JsonAnswer.Post(server, "/v1/keys:validateBatch", """{"requests": [{"apiKey": "x"}]}""")).ShouldBeOk();
        var refused = new[]
        {
            await CallError.Of(client.CreateKeyAsync(new() { WorkspaceId = "w1", Name = "n" }, server.Root)),
            await CallError.Of(client.ListKeysAsync(new() { WorkspaceId = "w1" }, server.Root)),
            await CallError.Of(client.GetKeyAsync(new() { WorkspaceId = "w1", KeyId = created.Key.KeyId }, server.Root)),
            await CallError.Of(client.SetStatusAsync(new() { WorkspaceId = "w1", KeyId = created.Key.KeyId, Status = KeyStatus.Disabled }, server.Root)),
            await CallError.Of(client.RevealKeyAsync(new() { WorkspaceId = "w1", KeyId = created.Key.KeyId }, server.Root)),
            await CallError.Of(client.ListAuditEventsAsync(new() { WorkspaceId = "w1" }, server.Root)),
            await CallError.Of(client.GetCallerAsync(new(), server.Root)),
        };
        refused.ShouldAllBe(error => error.Code == StatusCode.Unimplemented);
        var key = $"/v1/workspaces/w1/keys/{created.Key.KeyId}";
        JsonAnswer[] answers =
        [
            await JsonAnswer.Post(server, "/v1/workspaces/w1/keys", """{"name": "n"}"""),
            await JsonAnswer.Get(server, "/v1/workspaces/w1/keys"),
            await JsonAnswer.Get(server, key),
            await JsonAnswer.Post(server, $"{key}:setStatus", """{"status": "KEY_STATUS_DISABLED"}"""),
            await JsonAnswer.Post(server, $"{key}:reveal", "{}"),
            await JsonAnswer.Get(server, "/v1/workspaces/w1/auditEvents"),
            await JsonAnswer.Get(server, "/v1/caller"),
        ];
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.NotImplemented);
        answers.ShouldAllBe(answer => answer.Body.GetProperty("code").GetInt32() == 12);
    }

    [Fact]
    public async Task A_console_alone_is_ready_and_is_no_replica()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__Roles", "validation,management"));
        await using var console = await TestServer.StartInProcessAsync(
            store, ("KeyService__Roles", "console"), ("KeyService__Console__ServiceAddress", server.GrpcAddress.ToString()));
        var workspace = new TestWorkspace(server, "w1");

        (await console.Http.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var key = (await workspace.CreateAsync()).Key;
        var changed = await workspace.SetStatusAsync(key.KeyId, KeyStatus.Disabled);

        (changed.Propagation.State, changed.Propagation.ReplicasConfirmed).ShouldBe((PropagationState.Complete, 1));
        (await CommandRun.OfServerAsync("replicas", store)).OutputLines[0].ShouldContain("replicas 1,");
    }

    [Fact]
    public async Task A_management_process_manages_and_validates_nothing()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__Roles", "management"));
        var workspace = new TestWorkspace(server, "w1");

        var created = await workspace.CreateAsync();

        (await workspace.ListAsync()).ShouldHaveSingleItem();
        (await CallError.Of(server.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, server.Root))).Code.ShouldBe(StatusCode.Unimplemented);
        (await CallError.Of(server.Client.ValidateKeysAsync(
            new() { Requests = { new ValidateKeyRequest { ApiKey = created.ApiKey } } }, server.Root))).Code.ShouldBe(StatusCode.Unimplemented);
        (await JsonAnswer.Post(server, "/v1/keys:validateBatch", $$"""{"requests": [{"apiKey": "{{created.ApiKey}}"}]}""")).Status.ShouldBe(HttpStatusCode.NotImplemented);
        (await JsonAnswer.Post(server, "/v1/keys:validate", $$"""{"apiKey": "{{created.ApiKey}}"}""")).Status.ShouldBe(HttpStatusCode.NotImplemented);
        (await JsonAnswer.Get(server, "/v1/workspaces/w1/keys")).ShouldBeOk();
    }
}
