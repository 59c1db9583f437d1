using System.Net.Sockets;
using System.Text;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Shutdown;

public sealed class LongCallTests
{
    /// <summary>Longer than the command-line library lets a process live after a signal by itself.</summary>
    private static readonly TimeSpan CallGoesOn = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_call_under_way_at_a_stop_is_answered_before_the_process_ends()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
        const string Body = "{\"name\": \"long call\"}";
        // The server ends a body that comes slower than 240 bytes a second: enough for ten, and none of them means anything.
        var spaces = new string(' ', 2_400);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.HttpAddress.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/workspaces/w/keys HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.RootCredential}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {spaces.Length + Body.Length}\r\n\r\n{spaces}{Body[..5]}"));
        // Another call's answer on a connection made later: the first one has arrived by then.
        await server.Client.GetCallerAsync(new(), server.Root);

        var stop = server.StopAsync();
        await DeliberateDelay.ForAsync(CallGoesOn, "the call goes on while the server stops");
        stop.IsCompleted.ShouldBeFalse();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Body[5..]));
        var answer = await new StreamReader(stream).ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));

        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain("long call");
        (await stop).ShouldBe(0);
    }
}
