using System.Net;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class AddressListTests
{
    [Fact]
    public void An_empty_list_allows_anyone_even_unnamed()
    {
        var list = AddressList.Of([]);
        list.IsEmpty.ShouldBeTrue();
        list.Allows(IPAddress.Loopback).ShouldBeTrue();
        list.Allows(null).ShouldBeTrue();
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("2001:db8::9", true)]
    [InlineData("11.0.0.0", false)]
    [InlineData("2001:db9::", false)]
    public void A_list_allows_those_in_any_of_its_ranges(string client, bool expected)
    {
        var list = AddressList.Of(["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32"]);
        list.IsEmpty.ShouldBeFalse();
        list.Allows(IPAddress.Parse(client)).ShouldBe(expected);
    }

    [Fact]
    public void A_list_refuses_a_client_without_an_address() => AddressList.Of(["0.0.0.0/0", "::/0"]).Allows(null).ShouldBeFalse();

    [Fact]
    public void A_damaged_list_closes_the_key_instead_of_opening_it()
    {
        var list = AddressList.Of(["not a range"]);
        list.IsEmpty.ShouldBeFalse();
        list.Allows(IPAddress.Loopback).ShouldBeFalse();
        list.Allows(null).ShouldBeFalse();
    }
}
