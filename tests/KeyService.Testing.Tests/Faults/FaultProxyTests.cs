using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyService.Testing.Faults;

namespace KeyService.Testing.Tests.Faults;

public sealed class FaultProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly EchoServer _echo = new();
    private FaultProxy _proxy = null!;

    public ValueTask InitializeAsync()
    {
        _proxy = new(_echo.EndPoint);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _echo.DisposeAsync();
    }

    [Fact]
    public async Task Passed_bytes_come_back_whole_and_in_order()
    {
        using var client = await ConnectAsync();
        var sent = new byte[1_000_000];
        var random = new Seeded(14); // in a pattern that repeats, buffers that changed places would look the same
        for (var i = 0; i < sent.Length; i++) sent[i] = (byte)random.Below(256);

        var writing = client.GetStream().WriteAsync(sent).AsTask();
        var received = new byte[sent.Length];
        await client.GetStream().ReadExactlyAsync(received).AsTask().WaitAsync(Bound);

        await writing;
        received.ShouldBe(sent);
    }

    [Fact]
    public async Task Delayed_bytes_come_later_and_in_order()
    {
        using var client = await ConnectAsync();
        _proxy.Set(new ProxyMode(ProxyFault.Delay, TimeSpan.FromMilliseconds(60), TimeSpan.FromMilliseconds(20)));
        var start = Stopwatch.GetTimestamp();

        (await AskAsync(client, "one")).ShouldBe("one");
        (await AskAsync(client, "two")).ShouldBe("two");

        // Twice there and twice back.
        Stopwatch.GetElapsedTime(start).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(240));
    }

    [Theory]
    [InlineData(nameof(ProxyFault.Silence))]
    [InlineData(nameof(ProxyFault.NoQuestions))]
    [InlineData(nameof(ProxyFault.NoAnswers))]
    public async Task What_is_swallowed_never_comes_and_the_connection_ends_with_the_fault(string fault)
    {
        using var client = await ConnectAsync();
        (await AskAsync(client, "before")).ShouldBe("before");
        _proxy.Set(Enum.Parse<ProxyFault>(fault));

        await SayAsync(client, "lost");
        (await HearsWithinAsync(client, Quiet)).ShouldBeFalse();
        _proxy.Pass();

        await IsResetAsync(client);
        using var next = await ConnectAsync();
        (await AskAsync(next, "after")).ShouldBe("after");
    }

    [Fact]
    public async Task Without_answers_the_server_hears_the_question()
    {
        using var client = await ConnectAsync();
        (await AskAsync(client, "before")).ShouldBe("before");
        _proxy.Set(ProxyFault.NoAnswers);

        await SayAsync(client, "lost");

        await Eventually.IsTrueAsync(() => _echo.Heard == "beforelost".Length, "the question is heard");
    }

    [Fact]
    public async Task A_connection_made_in_silence_is_accepted_and_reset_when_the_silence_ends()
    {
        _proxy.Set(ProxyFault.Silence);
        using var client = await ConnectAsync();
        await SayAsync(client, "lost");
        (await HearsWithinAsync(client, Quiet)).ShouldBeFalse();
        _echo.Heard.ShouldBe(0);

        _proxy.Pass();

        await IsResetAsync(client);
    }

    [Fact]
    public async Task Frozen_bytes_come_when_it_thaws()
    {
        using var client = await ConnectAsync();
        (await AskAsync(client, "before")).ShouldBe("before");
        _proxy.Set(ProxyFault.Freeze);

        await SayAsync(client, "frozen");
        (await HearsWithinAsync(client, Quiet)).ShouldBeFalse();
        _proxy.Pass();

        (await HearAsync(client, "frozen".Length)).ShouldBe("frozen");
    }

    [Fact]
    public async Task A_reset_ends_old_and_new_connections()
    {
        using var client = await ConnectAsync();
        (await AskAsync(client, "before")).ShouldBe("before");

        _proxy.Set(ProxyFault.Reset);

        await IsResetAsync(client);
        await ConnectsInVainAsync();
        _proxy.Pass();
        using var last = await ConnectAsync();
        (await AskAsync(last, "after")).ShouldBe("after");
    }

    [Fact]
    public async Task A_server_that_ends_ends_its_clients()
    {
        using var client = await ConnectAsync();
        (await AskAsync(client, "before")).ShouldBe("before");

        await _echo.DisposeAsync();

        await IsResetAsync(client);
        await ConnectsInVainAsync();
        client.Close();
        await Eventually.IsTrueAsync(() => _proxy.Connections == 0, "no connection is left");
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        return client;
    }

    private async Task ConnectsInVainAsync()
    {
        try
        {
            using var client = await ConnectAsync();
            await IsResetAsync(client);
        }
        catch (SocketException)
        {
            // Reset before it could be used.
        }
    }

    private static async Task<string> AskAsync(TcpClient client, string text)
    {
        await SayAsync(client, text);
        return await HearAsync(client, text.Length);
    }

    private static async Task SayAsync(TcpClient client, string text) => await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

    private static async Task<string> HearAsync(TcpClient client, int length)
    {
        var answer = new byte[length];
        await client.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(Bound);
        return Encoding.ASCII.GetString(answer);
    }

    private static async Task<bool> HearsWithinAsync(TcpClient client, TimeSpan span)
    {
        await DeliberateDelay.ForAsync(span, "that nothing comes shows in time alone");
        return client.Available > 0;
    }

    /// <summary>Reset or closed: nothing comes any more.</summary>
    private static async Task IsResetAsync(TcpClient client)
    {
        try
        {
            (await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Bound)).ShouldBe(0);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            // Reset, perhaps before it could be asked.
        }
    }
}
