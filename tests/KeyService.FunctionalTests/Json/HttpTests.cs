using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Json;

/// <summary>What HTTP itself asks of the answers, beside what they say.</summary>
public sealed class HttpTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("PUT", "/v1/caller", "GET, HEAD")]
    [InlineData("OPTIONS", "/v1/caller", "GET, HEAD")]
    [InlineData("GET", "/v1/keys:validate", "POST")]
    [InlineData("DELETE", "/v1/workspaces/w/keys", "GET, HEAD, POST")]
    [InlineData("DELETE", "/v1/workspaces/w/keys/key_x", "GET, HEAD")]
    [InlineData("POST", "/v1/workspaces/w/keys/key_x", "GET, HEAD")]
    [InlineData("GET", "/v1/workspaces/w/keys/key_x:reveal", "POST")]
    [InlineData("POST", "/health/live", "GET, HEAD")]
    [InlineData("POST", "/metrics", "GET, HEAD")]
    public async Task A_405_names_the_methods_of_its_path(string method, string path, string allowed)
    {
        var head = (await SendAsync($"{method} {path} HTTP/1.1\r\n")).Split("\r\n\r\n")[0];

        head.ShouldStartWith("HTTP/1.1 405");
        head.ShouldContain($"\r\nAllow: {allowed}\r\n");
    }

    [Theory]
    [InlineData("/v1/caller")]
    [InlineData("/health/live")]
    [InlineData("/metrics")]
    public async Task HEAD_is_GET_without_its_body(string path)
    {
        var answer = await SendAsync($"HEAD {path} HTTP/1.1\r\n{Credential}");

        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldEndWith("\r\n\r\n");
    }

    [Fact]
    public async Task A_secret_is_kept_by_no_cache_and_neither_is_any_other_answer()
    {
        var key = (await _workspace.CreateAsync()).Key.KeyId;
        const string Body = "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"name\":\"bot\"}";

        foreach (var (status, request) in new[]
        {
            ("200", $"POST /v1/workspaces/{_workspace.Id}/keys HTTP/1.1\r\n{Credential}{Body}"), ("200", $"POST /v1/workspaces/{_workspace.Id}/keys/{key}:reveal HTTP/1.1\r\n{Credential}Content-Length: 0\r\n"),
            ("200", $"GET /v1/caller HTTP/1.1\r\n{Credential}"), ("401", "GET /v1/caller HTTP/1.1\r\n"), ("404", "GET /v1/nothing HTTP/1.1\r\n"),
        })
        {
            var answer = await SendAsync(request);

            answer.ShouldStartWith($"HTTP/1.1 {status}");
            answer.ShouldContain("\r\nCache-Control: no-store\r\n");
        }
    }

    [Theory]
    [InlineData("GET", "/v1/caller/")]
    [InlineData("GET", "/V1/caller")]
    [InlineData("GET", "//v1/caller")]
    [InlineData("GET", "/v1//caller")]
    [InlineData("GET", "/v1/x/../caller")]
    [InlineData("GET", "/v1/%2e/caller")]
    [InlineData("GET", "/v1/calle%72")]
    [InlineData("GET", "/HEALTH/live")]
    [InlineData("GET", "/health/live/")]
    [InlineData("GET", "/health/%6Cive")]
    [InlineData("GET", "/Metrics")]
    [InlineData("POST", "/session/Credential")]
    [InlineData("POST", "/session/credential/")]
    [InlineData("POST", "/v1/workspaces/{w}/keys/{k}:REVEAL")]
    [InlineData("POST", "/v1/workspaces/{w}/keys/{k}%3Areveal")]
    [InlineData("POST", "/v1/workspaces/{w}/keys/{k}:reveal/")]
    [InlineData("POST", "/v1/w%6Frkspaces/{w}/keys/{k}:reveal")]
    [InlineData("POST", "/V1/WORKSPACES/{w}/KEYS/{k}:reveal")]
    public async Task A_path_in_another_spelling_is_not_found(string method, string path)
    {
        var created = await _workspace.CreateAsync();
        path = path.Replace("{w}", _workspace.Id, StringComparison.Ordinal).Replace("{k}", created.Key.KeyId, StringComparison.Ordinal);

        var answer = await SendAsync($"{method} {path} HTTP/1.1\r\n{Credential}{(method == "POST" ? "Content-Length: 0\r\n" : "")}");

        answer.ShouldStartWith("HTTP/1.1 404");
        answer.ShouldNotContain(created.ApiKey);
    }

    [Fact]
    public async Task The_absolute_form_of_a_request_target_is_the_same_path()
    {
        (await SendAsync($"GET {_server.HttpAddress}v1/caller?workspaceId=w HTTP/1.1\r\n{Credential}")).ShouldStartWith("HTTP/1.1 200");
        (await SendAsync($"GET {_server.HttpAddress}v1/Caller HTTP/1.1\r\n{Credential}")).ShouldStartWith("HTTP/1.1 404");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("nonsense")]
    public async Task A_charset_of_a_request_without_a_body_does_not_count(string charset)
    {
        var answer = await SendAsync($"GET /v1/caller HTTP/1.1\r\n{Credential}Content-Type: application/json; charset={charset}\r\n");

        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("\"allWorkspaces\"");
    }

    [Fact]
    public async Task Without_a_credential_no_body_is_asked_for()
    {
        const string Body = "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n";

        (await SendAsync($"POST /v1/workspaces/w/keys HTTP/1.1\r\n{Body}", end: "HTTP/1.1 ")).ShouldStartWith("HTTP/1.1 401");
    }

    [Theory]
    [InlineData("FFFFFFFFF")]
    [InlineData("80000000")]
    [InlineData("-1")]
    [InlineData("zz")]
    public async Task A_chunk_of_a_size_that_there_is_not_is_the_clients_fault(string size)
    {
        var answer = await SendAsync($"POST /v1/keys:validate HTTP/1.1\r\n{Credential}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\nhello\r\n0\r\n");

        answer.ShouldStartWith("HTTP/1.1 400");
        answer.ShouldContain("INVALID_FIELD");
    }

    /// <summary>A logged error fails the run when the server ends.</summary>
    [Fact]
    public async Task A_client_that_goes_away_within_its_body_is_no_fault_of_the_service()
    {
        var before = await CancelledAsync();
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(_server.HttpAddress.Host, _server.HttpAddress.Port);
            var framing = i % 2 == 0 ? "Content-Length: 100\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n50\r\n";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/keys:validate HTTP/1.1\r\nHost: {_server.HttpAddress.Authority}\r\n{Credential}Expect: 100-continue\r\nContent-Type: application/json\r\n{framing}{{\"apiKey\":"));
            // The server waits for the body when it says so.
            (await client.GetStream().ReadAsync(new byte[100])).ShouldBeGreaterThan(0);
            Reset(client);
        }

        await Eventually.IsTrueAsync(async () => await CancelledAsync() > before, "they are counted as cancelled");
        _server.Output.ShouldNotContain(line => line.StartsWith("fail:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nor_is_one_that_goes_away_within_a_form()
    {
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(_server.HttpAddress.Host, _server.HttpAddress.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /session/credential HTTP/1.1\r\nHost: {_server.HttpAddress.Authority}\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ncredential="));
            (await client.GetStream().ReadAsync(new byte[100])).ShouldBeGreaterThan(0);
            Reset(client);
        }

        (await JsonAnswer.Get(_server, "/v1/caller")).ShouldBeOk();
        _server.Output.ShouldNotContain(line => line.StartsWith("fail:", StringComparison.Ordinal));
    }

    /// <summary>Closed by the client's own dispose, it would end in order.</summary>
    private static void Reset(TcpClient client)
    {
        client.Client.LingerState = new(enable: true, seconds: 0);
        client.Client.Close();
    }

    private string Credential => $"Authorization: Bearer {_server.RootCredential}\r\n";

    private async Task<double> CancelledAsync() => await _server.SumAsync("rpc_server_call_duration_seconds_count", "rpc_response_status_code=\"Cancelled\"");

    /// <param name="request">Request line and headers; with an empty line, the body too.</param>
    /// <param name="end">Where the answer has been read far enough; else the server closes.</param>
    private async Task<string> SendAsync(string request, string end = "\0")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.HttpAddress.Host, _server.HttpAddress.Port);
        await using var stream = client.GetStream();
        var first = request.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        var whole = $"{request[..first]}Host: {_server.HttpAddress.Authority}\r\nConnection: close\r\n{request[first..]}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(whole.Contains("\r\n\r\n", StringComparison.Ordinal) && !whole.EndsWith("\r\n0\r\n", StringComparison.Ordinal) ? whole : whole + "\r\n"));
        var (answer, buffer) = (new StringBuilder(), new byte[4_096]);
        while (await stream.ReadAsync(buffer) is var read and > 0)
        {
            answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
            if (answer.ToString().Contains(end, StringComparison.Ordinal)) break;
        }

        return answer.ToString();
    }
}
