using System.Net;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

/// <summary>Only a console of this service can state an address, for one credential and a short time.</summary>
public class ForwardedAddressTests
{
    /// <summary>Made without this code, as <see cref="PinnedKey"/> shows.</summary>
    private const string Pinned = "1.7.1795971600.Ap9Q0qL2gVK88X2UrwxJG-BnORxHPslrDGvymdocdkg.203.0.113.7";

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_795_971_600);
    private static readonly IPAddress Person = IPAddress.Parse("203.0.113.7");
    private static readonly MasterKeys Masters = new([PinnedKey.Master]);

    [Fact]
    public void The_pinned_header_is_what_is_made_of_it() => ForwardedAddress.Sign(Person, PinnedKey.ApiKey, PinnedKey.Master, Now).ShouldBe(Pinned);

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("fe80::1%2", "fe80::1")]
    public void An_address_arrives_in_the_form_that_lists_compare(string address, string arrived)
    {
        var header = ForwardedAddress.Sign(IPAddress.Parse(address), "a credential", PinnedKey.Master, Now);

        ForwardedAddress.TryVerify(header, "a credential", Masters, Now, out var person, out var problem).ShouldBeTrue(problem);
        person.ShouldBe(IPAddress.Parse(arrived));
    }

    [Theory]
    [InlineData(-300, true)]
    [InlineData(300, true)]
    [InlineData(-301, false)]
    [InlineData(301, false)]
    public void It_is_good_for_a_short_time(int seconds, bool isGood) =>
        ForwardedAddress.TryVerify(Pinned, PinnedKey.ApiKey, Masters, Now.AddSeconds(seconds), out _, out _).ShouldBe(isGood);

    [Fact]
    public void It_is_good_with_its_credential_alone()
    {
        Verifies(Pinned, PinnedKey.ApiKey).ShouldBeTrue();
        Verifies(Pinned, PinnedKey.Canary).ShouldBeFalse();
    }

    [Fact]
    public void A_service_with_another_master_key_does_not_accept_it()
    {
        ForwardedAddress.TryVerify(Pinned, PinnedKey.ApiKey, new([PinnedKey.OtherMaster]), Now, out _, out var problem).ShouldBeFalse();
        problem.ShouldContain("master key");
        ForwardedAddress.TryVerify(Pinned, PinnedKey.ApiKey, new([PinnedKey.Derive('8', 0)]), Now, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Any_change_of_a_character_voids_it()
    {
        for (var i = 0; i < Pinned.Length; i++)
        {
            // The last character of the mac has two bits that count for nothing, and must still be what it was.
            var other = Pinned[i] == '1' ? '2' : '1';
            Verifies(Pinned[..i] + other + Pinned[(i + 1)..], PinnedKey.ApiKey).ShouldBeFalse($"character {i}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("203.0.113.7")]
    [InlineData("1.7.1795971600.203.0.113.7")]
    [InlineData("1.7.99999999999999999999.AAAA.203.0.113.7")]
    [InlineData("1.7.9223372036854775807.AAAA.203.0.113.7")]
    [InlineData("2.7.1795971600.AAAA.203.0.113.7")]
    [InlineData("1..1795971600.AAAA.203.0.113.7")]
    [InlineData("1.é.1795971600.AAAA.203.0.113.7")]
    [InlineData("1.7.1795971600.AAAA.localhost")]
    public void Nothing_else_is_one(string header) => Verifies(header, PinnedKey.ApiKey).ShouldBeFalse();

    private static bool Verifies(string header, string credential) => ForwardedAddress.TryVerify(header, credential, Masters, Now, out _, out _);
}
