using KeyService.AdminConsole.Service;
using KeyService.Server.Canary;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Canary;

public class ReplicaCallsTests
{
    private readonly CanaryRig _rig = new();

    [Fact]
    public async Task A_connection_is_kept_from_round_to_round_and_closed_when_its_replica_is_gone()
    {
        await _rig.LookAsync();
        await _rig.RunAsync();
        await _rig.RunAsync();
        _rig.Connections.ShouldBe(2);

        _rig.Rows.RemoveAt(0);
        await _rig.RunAsync();

        _rig.Replica("a").IsClosed.ShouldBeTrue();
        _rig.Replica("b").IsClosed.ShouldBeFalse();
        _rig.Connections.ShouldBe(2);
        _rig.Calls.Dispose();
        _rig.Replica("b").IsClosed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_replica_that_starts_as_new_has_to_accept_again()
    {
        await _rig.LookAsync();
        await _rig.RunAsync();
        _rig.Rows[0] = CanaryRig.Row("c", id: "new");
        _rig.Replica("c").Believes = () => Server.Keys.KeyStatus.Disabled;

        await _rig.RunAsync();

        _rig.Metrics.Violations.ShouldBe(0);
    }

    [Theory]
    [InlineData("replica-1:8081")]
    [InlineData("10.0.0.7:8081")]
    [InlineData("[::1]:8081")]
    [InlineData("[2001:DB8:0::1]:8081")]
    [InlineData("replica-1:80")]
    public void A_host_and_a_port_is_an_address(string address)
    {
        using var connection = ReplicaConnection.To(address, tls: false, CertificateTrust.System, TimeProvider.System);
        connection.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("http://replica-1:8081")]
    [InlineData("user:password@replica-1:8081")]
    [InlineData("replica-1:8081/path")]
    [InlineData("replica-1:8081?x=1")]
    [InlineData("replica-1:notaport")]
    [InlineData("replica-1")]
    [InlineData("::1:8081")]
    [InlineData("2001:db8::1")]
    [InlineData("[::1]")]
    [InlineData(" ")]
    [InlineData("a b:1")]
    public void Nothing_else_is(string address) => ReplicaConnection.To(address, tls: true, CertificateTrust.System, TimeProvider.System).ShouldBeNull();
}
