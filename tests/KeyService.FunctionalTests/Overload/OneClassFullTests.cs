using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>Neither class of calls takes the places of the other, nor one port those of the other.</summary>
[TakesLong]
public sealed class OneClassFullTests
{
    [Fact]
    public async Task With_all_places_for_management_taken_validation_and_the_other_port_are_served()
    {
        await using var full = await FullServer.StartAsync();
        var held = await full.FillManagementAsync();

        (await full.Workspace.ValidateAsync(full.Known.ApiKey, caller: TestServer.As(full.Credential))).Verdict.ShouldBe(Verdict.Valid);
        (await ValidateInTurnAsync(full)).Verdict.ShouldBe(Verdict.Valid);
        (await JsonAnswer.Get(full.Server, "/v1/caller", full.Credential)).ShouldBeOk();
        (await JsonAnswer.Post(full.Server, "/v1/keys:validate", Question(full), full.Credential)).ShouldBeOk();
        held.AreAllWaiting.ShouldBeTrue();
        await ShouldStillBeFullAsync(full);

        full.WakeDatabase();
        foreach (var call in held.Calls) (await call).Key.KeyId.ShouldBe(full.Known.Key.KeyId);
    }

    [Fact]
    public async Task With_all_places_for_validation_taken_management_the_other_port_and_what_memory_answers_are_served()
    {
        await using var full = await FullServer.StartAsync();
        var held = await full.FillValidationAsync();

        (await full.Workspace.Client.GetCallerAsync(new(), TestServer.As(full.Credential))).CredentialId.ShouldNotBeEmpty();
        (await full.Workspace.ValidateAsync(full.Known.ApiKey, caller: TestServer.As(full.Credential))).Verdict.ShouldBe(Verdict.Valid);
        (await JsonAnswer.Post(full.Server, "/v1/keys:validate", Question(full), full.Credential)).ShouldBeOk();
        (await JsonAnswer.Get(full.Server, "/v1/caller", full.Credential)).ShouldBeOk();
        held.AreAllWaiting.ShouldBeTrue();

        full.WakeDatabase();
        foreach (var call in held.Calls) (await call).Verdict.ShouldBe(Verdict.Valid);
    }

    /// <summary>Whether the framework keeps the deadline or the look-up itself does, whose bound it is above the service's own.</summary>
    [Theory]
    [InlineData("100m")]
    [InlineData("1S")]
    public async Task A_call_that_waits_for_the_database_ends_at_its_deadline(string timeout)
    {
        await using var full = await FullServer.StartAsync();
        using var raw = new RawGrpc(full.Server);
        await raw.SendAsync("ValidateKey", RawGrpc.Frame(new ValidateKeyRequest { ApiKey = full.Known.ApiKey }));
        await full.SilenceDatabaseAsync();

        var answer = await raw.SendAsync("ValidateKey", RawGrpc.Frame(new ValidateKeyRequest { ApiKey = full.Unseen[0] }), headers: ("grpc-timeout", timeout));

        answer.Code.ShouldBe(StatusCode.DeadlineExceeded);
        full.WakeDatabase();
    }

    [Fact]
    public async Task Health_and_metrics_need_no_place()
    {
        await using var full = await FullServer.StartAsync();
        await full.FillManagementAsync();
        await full.FillValidationAsync();

        (await full.Server.Http.GetStringAsync("/health/live")).ShouldBe("Healthy");
        (await full.Server.MetricsAsync()).ShouldContain("keyservice_calls_refused_total");
    }

    /// <summary>A call that names an actor goes by the framework, and so through the gate.</summary>
    private static async Task<ValidateKeyResponse> ValidateInTurnAsync(FullServer full)
    {
        var caller = TestServer.As(full.Credential);
        caller.Add("x-keyservice-actor", "portal");
        return await full.Workspace.ValidateAsync(full.Known.ApiKey, caller: caller);
    }

    private static string Question(FullServer full) => $$"""{"apiKey": "{{full.Known.ApiKey}}"}""";

    private static async Task ShouldStillBeFullAsync(FullServer full) =>
        (await CallError.Of(full.Workspace.Client.GetCallerAsync(new(), TestServer.As(full.Credential)))).Reason.ShouldBe("OVERLOADED");
}
