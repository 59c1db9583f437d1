using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Callers;

/// <summary>What counts as a credential, at each call anew.</summary>
public sealed class CredentialsTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task A_call_without_a_credential_is_told_so()
    {
        (await CallAsync(new Metadata())).ShouldBe(StatusCode.Unauthenticated, "NO_CREDENTIAL");
        (await CallError.Of(_workspace.Client.ValidateKeyAsync(new() { ApiKey = "x" }))).ShouldBe(StatusCode.Unauthenticated, "NO_CREDENTIAL");
    }

    [Fact]
    public async Task Two_credentials_are_none()
    {
        var headers = _workspace.Root;
        headers.Add("authorization", $"Bearer {shared.Server.RootCredential}");

        (await CallAsync(headers)).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Theory]
    [InlineData("Basic {0}")]
    [InlineData("Bearer{0}")]
    [InlineData("{0}")]
    [InlineData("Bearer")]
    [InlineData("Bearer x")]
    [InlineData("Bearer {0} x")]
    [InlineData("Bearer {0},{0}")]
    [InlineData("Bearer \"{0}\"")]
    [InlineData("Bearer eyJhbGciOiJub25lIn0.eyJrZXlzZXJ2aWNlX3Blcm1pc3Npb25zIjpbImtleXM6YWRtaW4iXX0.")]
    public async Task Anything_but_bearer_and_a_credential_is_refused(string header)
    {
        var value = string.Format(System.Globalization.CultureInfo.InvariantCulture, header, shared.Server.RootCredential);

        (await CallAsync(new Metadata { { "authorization", value } })).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_case_of_the_scheme_does_not_count(string scheme)
    {
        var caller = await _workspace.Client.GetCallerAsync(new(), new Metadata { { "authorization", $"{scheme} {shared.Server.RootCredential}" } });

        caller.AllWorkspaces.ShouldBeTrue();
    }

    [Fact]
    public async Task An_api_key_of_any_other_workspace_is_no_credential()
    {
        var created = await _workspace.CreateAsync(request => request.Scopes.Add(TestWorkspace.AllPermissions));

        (await CallAsync(TestServer.As(created.ApiKey))).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Fact]
    public async Task Every_bad_credential_gets_the_same_answer()
    {
        var disabled = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id]);
        await _workspace.Client.SetStatusAsync(
            new() { WorkspaceId = "system", KeyId = disabled.Key.KeyId, Status = KeyStatus.Disabled }, _workspace.Root);
        var customer = await _workspace.CreateAsync();
        var expected = await CallAsync(TestServer.As("x"));

        foreach (var apiKey in new[] { disabled.ApiKey, customer.ApiKey, customer.ApiKey[..^1] + "!" })
        {
            var error = await CallAsync(TestServer.As(apiKey));
            (error.Code, error.Message).ShouldBe((expected.Code, expected.Message));
            error.Status.ShouldBe(expected.Status);
        }
    }

    [Fact]
    public async Task A_disabled_credential_is_refused_at_the_next_call_on_the_same_connection()
    {
        var credential = await _workspace.CreateCredentialAsync(["keys:validate"], [_workspace.Id]);
        var caller = TestServer.As(credential.ApiKey);
        using var channel = GrpcChannel.ForAddress(shared.Server.GrpcAddress);
        var client = new ApiKeyService.ApiKeyServiceClient(channel);
        for (var i = 0; i < 3; i++) (await client.ValidateKeyAsync(new() { ApiKey = "x" }, caller)).Verdict.ShouldBe(Verdict.NotFound);

        await SwitchAsync(credential.Key.KeyId, KeyStatus.Disabled);
        (await CallError.Of(client.ValidateKeyAsync(new() { ApiKey = "x" }, caller))).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        (await CallError.Of(client.GetCallerAsync(new(), caller))).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");

        await SwitchAsync(credential.Key.KeyId, KeyStatus.Enabled);
        (await client.ValidateKeyAsync(new() { ApiKey = "x" }, caller)).Verdict.ShouldBe(Verdict.NotFound);
    }

    [Fact]
    public async Task A_connection_does_not_lend_its_credential_to_another_caller()
    {
        using var channel = GrpcChannel.ForAddress(shared.Server.GrpcAddress);
        var client = new ApiKeyService.ApiKeyServiceClient(channel);
        var limited = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id]);

        for (var i = 0; i < 3; i++)
        {
            (await client.GetCallerAsync(new(), _workspace.Root)).AllWorkspaces.ShouldBeTrue();
            (await client.GetCallerAsync(new(), TestServer.As(limited.ApiKey))).CredentialId.ShouldBe(limited.Key.KeyId);
            (await CallError.Of(client.GetCallerAsync(new(), TestServer.As("x")))).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
            (await CallError.Of(client.GetCallerAsync(new()))).ShouldBe(StatusCode.Unauthenticated, "NO_CREDENTIAL");
        }
    }

    [Fact]
    public async Task A_credential_ends_with_its_expire_time()
    {
        var credential = await _workspace.CreateCredentialAsync(
            ["keys:read"], [_workspace.Id], request => request.ExpireTime = TestWorkspace.In(TimeSpan.FromSeconds(10)));
        var caller = TestServer.As(credential.ApiKey);
        await _workspace.Client.GetCallerAsync(new(), caller);

        var error = await Eventually.Get(
            async () =>
            {
                try
                {
                    await _workspace.Client.GetCallerAsync(new(), caller);
                    return null;
                }
                catch (RpcException e)
                {
                    return CallError.From(e);
                }
            },
            found => found is not null,
            TimeSpan.FromSeconds(30));

        error!.ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Fact]
    public async Task A_credential_holds_only_from_the_addresses_that_it_lists()
    {
        var elsewhere = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id], request => request.AllowedAddresses.Add("192.0.2.0/24"));
        var here = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id], request => request.AllowedAddresses.Add("127.0.0.0/8"));

        (await CallAsync(TestServer.As(elsewhere.ApiKey))).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        (await _workspace.Client.GetCallerAsync(new(), TestServer.As(here.ApiKey))).CredentialId.ShouldBe(here.Key.KeyId);
    }

    [Fact]
    public async Task A_bad_credential_learns_nothing_of_the_request()
    {
        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(new(), TestServer.As("x")));

        error.ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        error.Fields.ShouldBeEmpty();
    }

    private Task<CallError> CallAsync(Metadata headers) => CallError.Of(_workspace.Client.GetCallerAsync(new(), headers));

    private async Task SwitchAsync(string keyId, KeyStatus status) =>
        await _workspace.Client.SetStatusAsync(new() { WorkspaceId = "system", KeyId = keyId, Status = status }, _workspace.Root);
}
