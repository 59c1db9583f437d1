using System.Net.Sockets;
using System.Text;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Json;

/// <summary>Headers as no client library would send them.</summary>
public sealed class CredentialsTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;

    [Fact]
    public async Task One_credential_is_good() =>
        (await RawAsync($"Authorization: Bearer {_server.RootCredential}\r\n")).ShouldStartWith("HTTP/1.1 200");

    [Fact]
    public async Task Two_authorization_headers_are_none()
    {
        var header = $"Authorization: Bearer {_server.RootCredential}\r\n";

        var answer = await RawAsync(header + header);

        answer.ShouldStartWith("HTTP/1.1 4");
        answer.ShouldNotContain("credentialId");
    }

    [Fact]
    public async Task An_empty_header_is_no_credential()
    {
        var answer = await RawAsync("Authorization:\r\n");

        answer.ShouldStartWith("HTTP/1.1 401");
        answer.ShouldContain("NO_CREDENTIAL");
    }

    [Theory]
    [InlineData("Bearer  ")]
    [InlineData("bearer     ")]
    public async Task Before_a_credential_there_may_be_more_spaces_than_one(string scheme) =>
        (await RawAsync($"Authorization: {scheme}{_server.RootCredential}\r\n")).ShouldStartWith("HTTP/1.1 200");

    [Fact]
    public async Task Over_gRPC_too()
    {
        var headers = new Grpc.Core.Metadata { { "authorization", $"Bearer   {_server.RootCredential}" } };

        (await _server.Client.GetCallerAsync(new(), headers)).AllWorkspaces.ShouldBeTrue();
        for (var i = 0; i < 2; i++) (await _server.Client.ValidateKeyAsync(new() { ApiKey = "x" }, headers)).Verdict.ShouldBe(KeyService.Contracts.V1.Verdict.NotFound);
    }

    [Theory]
    [InlineData("", "WWW-Authenticate: Bearer\r\n")]
    [InlineData("Authorization: Basic YTpi\r\n", "WWW-Authenticate: Bearer\r\n")]
    [InlineData("Authorization: Bearer x\r\n", "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n")]
    public async Task A_401_says_how_to_authenticate(string header, string challenge)
    {
        var answer = await RawAsync(header);

        answer.ShouldStartWith("HTTP/1.1 401");
        answer.ShouldContain(challenge);
    }

    [Fact]
    public async Task Two_actors_are_refused()
    {
        var answer = await RawAsync($"Authorization: Bearer {_server.RootCredential}\r\nx-keyservice-actor: a\r\nx-keyservice-actor: b\r\n");

        answer.ShouldStartWith("HTTP/1.1 400");
        answer.ShouldContain("x-keyservice-actor");
    }

    private async Task<string> RawAsync(string headers)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.HttpAddress.Host, _server.HttpAddress.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/caller HTTP/1.1\r\nHost: {_server.HttpAddress.Authority}\r\n{headers}Connection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
