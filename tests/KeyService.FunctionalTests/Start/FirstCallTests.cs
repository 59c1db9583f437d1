using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

public sealed class FirstCallTests
{
    /// <summary>The first validation compiles 230 methods, behind a warm-up.</summary>
    private const double MostCompiled = 1_500;

    /// <summary>The first look-up of a credential is the slowest: on a busy machine it takes longer than a validation may.</summary>
    [Fact]
    public async Task The_first_management_calls_are_not_held_to_the_budget_of_validation()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store, ("KeyService__ValidateBudget", "00:00:00.010"));

        var created = await server.CreateKeysAsync("first-calls", 32);

        created.Count.ShouldBe(32);
    }

    /// <summary>How long a call takes depends on the machine; what it has to compile does not. Each method is compiled once here.</summary>
    [Fact]
    public async Task The_first_validations_after_ready_compile_little()
    {
        await using var store = new TestStore { ServerAssembly = Repository.BuiltAssembly };
        string apiKey;
        await using (var before = await TestServer.StartAsync(store))
            apiKey = (await new TestWorkspace(before, "first").CreateAsync()).ApiKey;
        await using var server = await TestServer.StartAsync(
            store, ("DOTNET_TieredCompilation", "0"), ("KeyService__ValidateBudget", "00:00:05"));
        var compiled = await CompiledAsync(server);

        (await new TestWorkspace(server, "first").ValidateAsync(apiKey)).Verdict.ShouldBe(Verdict.Valid);
        compiled = await AssertAsync(compiled, "the first validation");
        using (var second = GrpcChannel.ForAddress(server.GrpcAddress))
            (await new ApiKeyService.ApiKeyServiceClient(second).ValidateKeyAsync(new() { ApiKey = apiKey }, server.Root)).Verdict.ShouldBe(Verdict.Valid);
        compiled = await AssertAsync(compiled, "a second connection");
        (await server.Client.ValidateKeysAsync(new() { Requests = { new ValidateKeyRequest { ApiKey = apiKey } } }, server.Root)).Responses[0].Verdict.ShouldBe(Verdict.Valid);
        compiled = await AssertAsync(compiled, "the first batch");
        (await JsonAnswer.Post(server, "/v1/keys:validate", $$"""{"apiKey": "{{apiKey}}"}""")).ShouldBeOk();
        await AssertAsync(compiled, "the first validation in JSON");

        async Task<double> AssertAsync(double sofar, string what)
        {
            var now = await CompiledAsync(server);
            (now - sofar).ShouldBeLessThan(MostCompiled, what);
            return now;
        }
    }

    [Fact]
    public async Task The_credential_of_the_warm_up_is_good_for_nothing_else()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);

        foreach (var credential in (string[])["warm-up", $"warm-up-{new string('0', 32)}"])
            (await CallError.Of(server.Client.GetCallerAsync(new(), TestServer.As(credential))))
                .ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        (await server.Client.ListAuditEventsAsync(new() { WorkspaceId = "warm-up" }, server.Root)).Events.ShouldBeEmpty();
        (await new TestWorkspace(server, "system").ListAsync()).ShouldHaveSingleItem().Name.ShouldBe("root");
    }

    private static Task<double> CompiledAsync(TestServer server) => server.SumAsync("dotnet_jit_compiled_methods_total");
}
