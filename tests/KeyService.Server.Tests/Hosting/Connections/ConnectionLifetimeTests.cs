using System.Diagnostics.Metrics;
using System.Net;
using KeyService.Server.Hosting.Connections;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Hosting.Connections;

public sealed class ConnectionLifetimeTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConnectionMetrics _metrics;
    private readonly ConnectionTable _table;
    private readonly DefaultConnectionContext _connection = new() { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 50_000) };
    private readonly TaskCompletionSource _serving = new();

    public ConnectionLifetimeTests()
    {
        _metrics = new(_services.GetRequiredService<IMeterFactory>(), _time, new LogLines<ConnectionMetrics>());
        _table = new(new() { Connections = 8 }, _metrics);
        _connection.Features.Set(_table.Add(_connection));
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task A_task_that_never_ends_is_left_behind_when_its_socket_is_closed()
    {
        var served = Serve(HttpProtocols.Http2);

        _connection.Abort();

        await EndsAsync(served);
        _table.Count.ShouldBe(0);
    }

    [Fact]
    public async Task With_both_protocols_the_task_is_left_behind_when_TLS_agreed_on_HTTP2()
    {
        _connection.Features.Set<ITlsApplicationProtocolFeature>(new Agreed("h2"));
        var served = Serve(HttpProtocols.Http1AndHttp2);

        _connection.Abort();

        await EndsAsync(served);
        _table.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("http/1.1")]
    [InlineData("")]
    [InlineData(null)]
    public async Task With_both_protocols_the_task_is_awaited_when_TLS_agreed_on_no_HTTP2(string? agreed)
    {
        if (agreed is not null) _connection.Features.Set<ITlsApplicationProtocolFeature>(new Agreed(agreed));
        var served = Serve(HttpProtocols.Http1AndHttp2);

        _connection.Abort();

        await AdvanceUntilAsync(() => _table.Count == 0);
        served.IsCompleted.ShouldBeFalse();
        _serving.SetResult();
        await served;
    }

    [Fact]
    public async Task Over_HTTP1_the_task_is_awaited_and_the_place_is_free_before_that()
    {
        var served = Serve(HttpProtocols.Http1);

        _connection.Abort();

        await AdvanceUntilAsync(() => _table.Count == 0);
        served.IsCompleted.ShouldBeFalse();
        _serving.SetResult();
        await served;
    }

    [Fact]
    public async Task A_task_that_ends_frees_the_place_and_its_failure_is_not_lost()
    {
        var served = Serve(HttpProtocols.Http2);

        _serving.SetException(new InvalidOperationException("served"));

        (await Should.ThrowAsync<InvalidOperationException>(served)).Message.ShouldBe("served");
        _table.Count.ShouldBe(0);
    }

    [Fact]
    public void An_open_connection_keeps_its_place()
    {
        var served = Serve(HttpProtocols.Http2);

        _time.Advance(TimeSpan.FromHours(1));

        served.IsCompleted.ShouldBeFalse();
        _table.Count.ShouldBe(1);
    }

    private Task Serve(HttpProtocols protocols) => new ConnectionLifetime(protocols, _metrics, _time).ServeAsync(_connection, _ => _serving.Task);

    private Task EndsAsync(Task task) => AdvanceUntilAsync(() => task.IsCompletedSuccessfully);

    /// <summary>The wait begins on another thread when the socket is closed.</summary>
    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await DeliberateDelay.ForAsync(1, "the other thread runs", TestContext.Current.CancellationToken);
        }
    }

    private sealed class Agreed(string protocol) : ITlsApplicationProtocolFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = System.Text.Encoding.ASCII.GetBytes(protocol);
    }
}
