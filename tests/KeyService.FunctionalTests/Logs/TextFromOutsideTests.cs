using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Logs;

/// <summary>Everything is logged that can be, by every category; and yet nobody writes lines, or secrets, into the log from outside.</summary>
public sealed class TextFromOutsideTests
{
    /// <summary>In every place of a request at which a secret may stand by mistake.</summary>
    private const string Marker = "hunter2marker";

    [Fact]
    public async Task No_query_string_header_or_line_break_of_a_request_reaches_the_log_at_any_level()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(
            store,
            [.. ((string[])["Default", "Microsoft", "Grpc", "Microsoft.AspNetCore.Authentication.OpenIdConnect", "Microsoft.AspNetCore.Grpc.JsonTranscoding",
                "Grpc.AspNetCore.Server.ServerCallHandler", "Microsoft.Extensions.Diagnostics.HealthChecks"]).Select(category => ($"Logging__LogLevel__{category}", "Trace")),
            ("Logging__Console__FormatterOptions__IncludeScopes", "true")]);
        server.ExpectedErrors.Add("");

        string[] heads =
        [
            $"GET /v1/workspaces/w%0d%0aFAKE%e2%80%a8FAKE%1b[31m/keys?apiKey={Marker} HTTP/1.1\r\nHost: {Marker}.example\r\nX-Secret: {Marker}\r\n",
            $"GET /v1/caller?a='{Marker}'&b=\"{Marker}\" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Marker}\r\nCookie: keyservice-session={Marker}; keyservice-form={Marker}\r\n",
            $"POST /v1/keys:validate?x={Marker} HTTP/1.1\r\nHost: a\r\nContent-Type: {Marker}/json\r\nContent-Length: 2\r\n",
            $"POST /session/credential?x={Marker} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded; boundary={Marker}\r\nCookie: keyservice-form={Marker}\r\nReferer: http://a/?{Marker}\r\nContent-Length: 2\r\n",
            $"GET /session/oidc-callback?code={Marker}&state={Marker} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {Marker}\r\n",
            $"GET /sign-in?return=/{Marker}&problem={Marker} HTTP/1.1\r\nHost: a\r\nAccept-Language: {Marker}\r\n",
            $"GET /_blazor/negotiate?negotiateVersion={Marker} HTTP/1.1\r\nHost: a\r\nUser-Agent: {Marker}\r\n",
            $"GET /x?{Marker} HTTP/1.1\r\nHost: a\r\nX-Secret : {Marker}\r\n",
            $"GET /x?{Marker} HTTP/9.9\r\nHost: a\r\n",
            $"GE\x01T /x?{Marker} HTTP/1.1\r\nHost: a\r\n",
            $"GET /x HTTP/1.1\r\nHost: {Marker} {Marker}\r\nX-Secret: it's {Marker}\x01\r\n",
        ];
        foreach (var head in heads) await SendAsync(server.HttpAddress.Port, head + "Connection: close\r\n\r\n{}");
        foreach (var (name, value) in ((string, string)[])[("authorization", $"Bearer {Marker}"), ("x-keyservice-actor", $"{Marker}"), ("x-secret", Marker), ("grpc-timeout", Marker)])
        {
            await Should.ThrowAsync<RpcException>(async () => await server.Client.GetCallerAsync(new(), new Metadata { { name, value } }));
        }

        // The last line: what was sent before has been logged.
        await server.Http.GetAsync(new Uri("/v1/last-request", UriKind.Relative), TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => server.Output.Any(line => line.Contains("Request finished") && line.Contains("/v1/last-request")), "the last request is logged");
        await server.StopAsync();

        server.Output.ShouldContain(line => line.Contains("Request starting HTTP/1.1 GET") && line.Contains("/v1/workspaces/w\\r\\nFAKE\\u2028FAKE\\u001B"));
        var lines = server.Output.Where(line => !line.StartsWith("  Console", StringComparison.Ordinal)).ToList();
        lines.Where(line => line.Contains(Marker, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
        lines.Where(line => line.StartsWith("FAKE", StringComparison.Ordinal) || line.Any(c => char.IsControl(c))).ShouldBeEmpty();
    }

    private static async Task SendAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        var answer = new byte[4096];
        // Until the server closes it.
        while (await client.GetStream().ReadAsync(answer) > 0)
        {
        }
    }
}
