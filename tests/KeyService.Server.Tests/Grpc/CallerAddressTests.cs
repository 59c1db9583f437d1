using System.Net;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Grpc;

/// <summary>Whose address a credential's list is checked against.</summary>
public class CallerAddressTests
{
    private const string Credential = "a credential";
    private static readonly IPAddress Peer = IPAddress.Parse("10.0.0.9");
    private static readonly MasterKeys Masters = new([PinnedKey.Master]);

    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly LogLines<CallerAddress> _log = new();
    private readonly DefaultHttpContext _http = new();

    public CallerAddressTests() => _http.Connection.RemoteIpAddress = Peer;

    [Fact]
    public void Without_intermediaries_it_is_the_peer()
    {
        _http.Request.Headers["X-Forwarded-For"] = "203.0.113.7";
        Of().ShouldBe("10.0.0.9");
    }

    [Fact]
    public void A_console_s_signed_statement_counts_before_everything_else()
    {
        Sign(PinnedKey.Master, Credential);
        _http.Request.Headers["X-Forwarded-For"] = "198.51.100.1";
        Of("10.0.0.9").ShouldBe("203.0.113.7");
    }

    [Fact]
    public void A_statement_that_proves_nothing_leaves_no_address_and_is_logged_at_a_bounded_rate()
    {
        var addresses = New();
        Sign(PinnedKey.OtherMaster, Credential);
        for (var i = 0; i < 100; i++) addresses.Of(_http, Credential).ShouldBeNull();
        _time.Advance(TimeSpan.FromMinutes(5));
        addresses.Of(_http, Credential).ShouldBeNull();

        _log.All.Count.ShouldBe(2);
        _log.All[0].ShouldContain("master key");
        _log.All[1].ShouldStartWith("100 calls");
    }

    [Fact]
    public void A_statement_for_another_credential_or_given_twice_leaves_none()
    {
        Sign(PinnedKey.Master, "another");
        Of().ShouldBeNull();

        Sign(PinnedKey.Master, Credential);
        _http.Request.Headers.Append(ForwardedAddress.Header, _http.Request.Headers[ForwardedAddress.Header].ToString());
        Of().ShouldBeNull();
    }

    [Theory]
    [InlineData("10.0.0.9", "203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.9", "198.51.100.1, 203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.9,10.0.0.8", "198.51.100.1, 203.0.113.7, 10.0.0.8", "203.0.113.7")]
    [InlineData("10.0.0.9", "203.0.113.7:4711", "203.0.113.7")]
    [InlineData("10.0.0.9", "[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("10.0.0.9", "2001:db8::1", "2001:db8::1")]
    [InlineData("10.0.0.9", "::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.9", "", "10.0.0.9")]
    [InlineData("10.0.0.9", "unknown", null)]
    [InlineData("10.0.0.1", "203.0.113.7", "10.0.0.9")]
    public void Behind_known_proxies_it_is_the_one_that_they_report(string known, string forwarded, string? address)
    {
        _http.Request.Headers["X-Forwarded-For"] = forwarded;
        Of(known).ShouldBe(address);
    }

    private void Sign(MasterKey key, string credential) =>
        _http.Request.Headers[ForwardedAddress.Header] = ForwardedAddress.Sign(IPAddress.Parse("203.0.113.7"), credential, key, Samples.Now);

    private string? Of(string proxies = "") => New(proxies).Of(_http, Credential)?.ToString();

    private CallerAddress New(string proxies = "") => new(
        new() { KnownProxies = [.. proxies.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)] }, Masters, _time, _log);
}
