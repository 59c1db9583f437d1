using System.Net;
using KeyService.Server.Hosting.Connections;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Hosting.Connections;

public sealed class ConnectionTableTests : IDisposable
{
    private const int Connections = 8;

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly LogLines<ConnectionMetrics> _log = new();
    private readonly ConnectionMetrics _metrics;
    private readonly ConnectionTable _table;

    public ConnectionTableTests()
    {
        _metrics = new(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), TimeProvider.System, _log);
        // Two without a credential, and four of one caller.
        _table = new(new() { Connections = Connections, FewAnonymous = 0 }, _metrics);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_new_connection_takes_the_place_of_the_oldest_without_a_credential()
    {
        var (first, second, third) = (Connect(), Connect(), Connect());

        (IsClosed(first), IsClosed(second), IsClosed(third)).ShouldBe((true, false, false));
        _table.Count.ShouldBe(2);
    }

    [Fact]
    public void An_address_with_many_connections_closes_its_own()
    {
        var limits = new ConnectionLimits { Connections = 16, FewAnonymous = 0 };
        var table = new ConnectionTable(limits, _metrics);
        var other = Connect(table, "198.51.100.7");
        var others = Connect(table, "198.51.100.8");

        for (var i = 0; i < 20; i++) Connect(table, "203.0.113.1");

        (IsClosed(other), IsClosed(others)).ShouldBe((false, false));
        table.Count.ShouldBe(limits.Anonymous);
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::2", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    public void A_network_of_IPv6_counts_as_one_address(string first, string second, bool isOne)
    {
        var table = new ConnectionTable(new() { Connections = 12, FewAnonymous = 0 }, _metrics);
        var other = Connect(table, "198.51.100.7");
        var oldest = Connect(table, first);
        Connect(table, second);

        Connect(table, "198.51.100.9");

        // The largest address gives way; where all have one, the oldest of all.
        (IsClosed(other), IsClosed(oldest)).ShouldBe((!isOne, isOne));
    }

    [Fact]
    public void A_connection_that_carried_a_valid_credential_gives_way_to_none()
    {
        var known = Enumerable.Range(0, Connections).Select(i => Authenticated($"caller-{i % 4}")).ToList();

        var refused = Open(_table, "203.0.113.1", out var connection);

        refused.ShouldBeNull();
        IsClosed(connection).ShouldBeFalse("the listener closes it");
        known.ShouldAllBe(context => !IsClosed(context));
        _log.All.ShouldHaveSingleItem().ShouldContain("refused");
    }

    [Fact]
    public void One_caller_has_half_of_all_at_most_and_loses_its_oldest_beyond_that()
    {
        var own = Enumerable.Range(0, 5).Select(_ => Authenticated("one")).ToList();
        var other = Authenticated("two");

        own.Select(IsClosed).ShouldBe([true, false, false, false, false]);
        IsClosed(other).ShouldBeFalse();
        _table.Count.ShouldBe(5);
    }

    [Fact]
    public void A_closed_connection_frees_its_place_once()
    {
        var open = Open(_table, "203.0.113.1", out _)!;
        Authenticated("one");

        open.Release();
        open.Release();
        open.MarkAuthenticated("late");

        _table.Count.ShouldBe(1);
    }

    [Fact]
    public void A_caller_cannot_have_a_connection_closed_that_others_use()
    {
        var gateway = Open(_table, "198.51.100.7", out var shared)!;
        gateway.MarkAuthenticated("one");
        gateway.MarkAuthenticated("one");
        gateway.MarkAuthenticated("two");

        var own = Enumerable.Range(0, 5).Select(_ => Authenticated("one")).ToList();

        IsClosed(shared).ShouldBeFalse();
        own.Select(IsClosed).ShouldBe([true, false, false, false, false], "its own share is whole");
        (gateway.Holder, _table.Count).ShouldBe((gateway.PeerName, 5));
    }

    [Fact]
    public void An_address_has_half_of_all_at_most_for_connections_that_callers_share()
    {
        var other = Shared("198.51.100.7");
        var own = Enumerable.Range(0, 5).Select(_ => Shared("203.0.113.1")).ToList();

        own.Select(IsClosed).ShouldBe([true, false, false, false, false]);
        IsClosed(other).ShouldBeFalse();
        _table.Count.ShouldBe(5);
    }

    [Fact]
    public void A_shared_connection_frees_its_place_once()
    {
        var open = Open(_table, "203.0.113.1", out _)!;

        open.MarkAuthenticated("one");
        open.MarkAuthenticated("two");
        open.MarkAuthenticated("three");
        open.Release();
        open.MarkAuthenticated("one");

        _table.Count.ShouldBe(0);
    }

    private AbortedOrNot Shared(string address)
    {
        var open = Open(_table, address, out var connection)!;
        open.MarkAuthenticated("one");
        open.MarkAuthenticated("two");
        return connection;
    }

    private AbortedOrNot Authenticated(string caller)
    {
        Open(_table, "203.0.113.1", out var connection)!.MarkAuthenticated(caller);
        return connection;
    }

    private AbortedOrNot Connect() => Connect(_table, "203.0.113.1");

    private static AbortedOrNot Connect(ConnectionTable table, string address)
    {
        Open(table, address, out var connection).ShouldNotBeNull();
        return connection;
    }

    private static OpenConnection? Open(ConnectionTable table, string address, out AbortedOrNot connection)
    {
        connection = new() { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 50_000) };
        return table.Add(connection);
    }

    private static bool IsClosed(AbortedOrNot connection) => connection.IsAborted;

    private sealed class AbortedOrNot : DefaultConnectionContext
    {
        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
