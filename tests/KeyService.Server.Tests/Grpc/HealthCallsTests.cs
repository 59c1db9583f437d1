using KeyService.Server.Grpc;
using KeyService.Server.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace KeyService.Server.Tests.Grpc;

/// <summary>Watches end with their client alone, and need no credential.</summary>
public class HealthCallsTests
{
    private readonly CallPermits _permits = new(new());
    private readonly HealthCalls _health = new(Samples.Metrics(), TimeProvider.System);
    private readonly TaskCompletionSource _never = new();
    private int _admitted;

    [Fact]
    public void All_connections_of_an_address_share_half_of_the_watches()
    {
        for (var i = 0; i < 2_000; i++) Watch(new ConnectionQuota("peer:1"));
        _admitted.ShouldBe(1_000);

        Watch(new ConnectionQuota("peer:2"));
        _admitted.ShouldBe(1_001);
    }

    [Fact]
    public void A_connection_with_a_caller_takes_of_the_share_of_its_caller()
    {
        for (var i = 0; i < 2_000; i++) Watch(new ConnectionQuota("peer:1"));

        Watch(new ConnectionQuota("peer:1", () => null));
        _admitted.ShouldBe(1_000);
        Watch(new ConnectionQuota("peer:1", () => "key_1"));
        _admitted.ShouldBe(1_001);
    }

    private void Watch(ConnectionQuota connection)
    {
        var http = new DefaultHttpContext { Request = { Method = HttpMethods.Post, Path = "/grpc.health.v1.Health/Watch" }, Connection = { Id = Guid.NewGuid().ToString() } };
        http.Features.Set(_permits);
        http.Features.Set(connection);
        _ = _health.InvokeAsync(http, _ =>
        {
            _admitted++;
            return _never.Task;
        });
    }
}
