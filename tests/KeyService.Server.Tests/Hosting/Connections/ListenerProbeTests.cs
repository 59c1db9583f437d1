using System.Net;
using KeyService.Server.Hosting.Connections;
using KeyService.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Hosting.Connections;

public sealed class ListenerProbeTests
{
    private int _accepted;
    private int _open;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Each_check_connects_and_keeps_no_connection(string protocol)
    {
        await using var app = await ListenAsync(protocol == "2.0" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        var time = new FakeTimeProvider();
        var probe = new ListenerProbe([(new Uri(app.Urls.Single()), Version.Parse(protocol))], time);
        var found = new List<(int, string)?>();
        for (var check = 1; check <= 5; check++)
        {
            found.Add(await probe.CheckAsync());
            Volatile.Read(ref _accepted).ShouldBe(check);
            time.Advance(TimeSpan.FromSeconds(2));
        }

        // On a busy machine an answer may take longer than a check waits.
        found.ShouldContain((ValueTuple<int, string>?)null);
        await Eventually.IsTrueAsync(() => Volatile.Read(ref _open) == 0, "the connections of the checks are closed");
    }

    private async Task<WebApplication> ListenAsync(HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener =>
        {
            listener.Protocols = protocols;
            listener.Use(next => async connection =>
            {
                Interlocked.Increment(ref _accepted);
                Interlocked.Increment(ref _open);
                try
                {
                    await next(connection);
                }
                finally
                {
                    Interlocked.Decrement(ref _open);
                }
            });
        }));
        var app = builder.Build();
        app.Run(static context => context.Response.WriteAsync("live"));
        await app.StartAsync();
        return app;
    }
}
