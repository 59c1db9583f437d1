using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>A call whose message does not arrive keeps its place for seconds, not for ever.</summary>
[TakesLong]
public sealed class SlowBodiesTests
{
    private static readonly byte[] Bytes = Encoding.ASCII.GetBytes(new string('x', 200));

    [Fact]
    public async Task A_gRPC_message_that_trickles_in_holds_a_place_and_is_given_up()
    {
        await using var store = new TestStore();
        await using var server = await StartAsync(store);
        using var raw = new RawGrpc(server);

        var answer = await HoldAsync(
            async () =>
            {
                using var body = new HalfBody(RawGrpc.Frame(Bytes, length: 200_000), stream => TrickleAsync(stream, CancellationToken.None));
                return (await raw.SendAsync("CreateKey", body)).Error;
            },
            error => error.Reason == "OVERLOADED",
            async () => await ReasonAsync(server) == "OVERLOADED");

        answer.ShouldBeInvalid("body");
        await Eventually.IsTrueAsync(async () => await ReasonAsync(server) == "", "the place is free");
    }

    /// <summary>The whole message, and the rate at which the server's own patience ends kept for minutes: it waits for the end of the stream alone.</summary>
    [Theory]
    [InlineData("CreateKey")]
    [InlineData("ValidateKey")]
    [InlineData("ValidateKeys")]
    public async Task A_gRPC_message_whose_stream_does_not_end_is_given_up(string rpc)
    {
        await using var store = new TestStore();
        await using var server = await StartAsync(store);
        var never = new TaskCompletionSource();
        using var body = new HalfBody(RawGrpc.Frame(new byte[15_000]), _ => never.Task);
        using var raw = new RawGrpc(server);
        // The connection knows the credential from now on.
        await raw.SendAsync("ValidateKeys", RawGrpc.Frame([]));

        var answer = await raw.SendAsync(rpc, body);

        answer.Error.ShouldBeInvalid("body");
        answer.Error.Message.ShouldContain("within 10 s");
        (await ReasonAsync(server)).ShouldBe("", "the place is free");
        never.SetResult();
    }

    [Fact]
    public async Task A_JSON_body_that_trickles_in_holds_a_place_and_is_given_up()
    {
        await using var store = new TestStore();
        await using var server = await StartAsync(store);

        var answer = await HoldAsync(
            async () =>
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", server.HttpAddress.Port);
                await using var stream = client.GetStream();
                await stream.WriteAsync(Head(server));
                using var answered = new CancellationTokenSource();
                var trickle = TrickleAsync(stream, answered.Token);
                var line = await new StreamReader(stream).ReadLineAsync();
                await answered.CancelAsync();
                await trickle;
                return line ?? "";
            },
            line => line.Contains(" 429 ", StringComparison.Ordinal),
            async () => (await JsonAnswer.Get(server, "/v1/caller")).Status == HttpStatusCode.TooManyRequests);

        answer.ShouldStartWith("HTTP/1.1 408");
        await Eventually.IsTrueAsync(async () => (await JsonAnswer.Get(server, "/v1/caller")).Status == HttpStatusCode.OK, "the place is free");
    }

    [Fact]
    public async Task Whoever_sends_no_more_at_all_loses_the_place_too()
    {
        await using var store = new TestStore();
        await using var server = await StartAsync(store);
        var never = new TaskCompletionSource();
        using var body = new HalfBody(RawGrpc.Frame(Bytes, length: 1_000), _ => never.Task);
        using var raw = new RawGrpc(server);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.HttpAddress.Port);
        await using var stream = client.GetStream();

        var slow = raw.SendAsync("CreateKey", body);
        await stream.WriteAsync(Head(server));

        // The stream alone, not the connection: others may share it.
        (await slow).Error.ShouldBeInvalid("body");
        (await new StreamReader(stream).ReadToEndAsync()).ShouldNotContain("HTTP/1.1 200");
        await Eventually.IsTrueAsync(async () => await ReasonAsync(server) == "", "the place is free");
        (await JsonAnswer.Get(server, "/v1/caller")).ShouldBeOk();
        never.SetResult();
    }

    private static Task<TestServer> StartAsync(TestStore store) =>
        TestServer.StartInProcessAsync(store, ("KeyService__MaxManagementCalls", "1"));

    private static byte[] Head(TestServer server) => Encoding.ASCII.GetBytes(
        $"POST /v1/workspaces/w/keys HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.RootCredential}\r\n"
        + "Content-Type: application/json\r\nContent-Length: 200000\r\n\r\n{\"name\": \"");

    /// <summary>Until the slow call has the only place, which another call is refused for; then its answer.</summary>
    private static async Task<T> HoldAsync<T>(Func<Task<T>> slow, Func<T, bool> wasRefused, Func<Task<bool>> isOtherRefused)
    {
        while (true)
        {
            var call = slow();
            var held = false;
            while (!held && !call.IsCompleted) held = await isOtherRefused();
            var answer = await call;
            // The other call may have had the place when it came.
            if (!wasRefused(answer)) return held ? answer : throw new InvalidOperationException("It never held a place.");
        }
    }

    /// <summary>Faster than the rate at which the server's own patience ends, and far too slow. Until the other side has had enough.</summary>
    private static async Task TrickleAsync(Stream stream, CancellationToken end)
    {
        try
        {
            while (!end.IsCancellationRequested)
            {
                await stream.WriteAsync(Bytes, end);
                await stream.FlushAsync(end);
                await DeliberateDelay.ForAsync(100, "the rate of a slow client", end);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Answered.
        }
    }

    private static async Task<string> ReasonAsync(TestServer server)
    {
        try
        {
            await server.Client.GetCallerAsync(new(), server.Root);
            return "";
        }
        catch (RpcException e)
        {
            return CallError.From(e).Reason;
        }
    }
}
