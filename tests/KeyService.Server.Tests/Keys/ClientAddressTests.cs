using System.Net;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class ClientAddressTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("fe80::1%eth0", "fe80::1")]
    [InlineData("fe80::1%12", "fe80::1")]
    [InlineData("fe80::1%25eth0", "fe80::1")]
    [InlineData("127.0.0.1:5000", "127.0.0.1")]
    [InlineData("127.0.0.1:0", "127.0.0.1")]
    [InlineData("[::1]:443", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("[fe80::1%eth0]:80", "fe80::1")]
    [InlineData("[::ffff:10.0.0.1]:80", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1%3", "10.0.0.1")]
    [InlineData(" 10.0.0.1 ", "10.0.0.1")]
    [InlineData("/127.0.0.1:5000", "127.0.0.1")]
    [InlineData("/[0:0:0:0:0:0:0:1]:443", "::1")]
    [InlineData("/0:0:0:0:0:0:0:1%0", "::1")]
    [InlineData("ipv4:127.0.0.1:5000", "127.0.0.1")]
    [InlineData("ipv6:[::1]:443", "::1")]
    [InlineData("ipv6:%5B::1%5D:443", "::1")]
    public void An_address_is_understood_as_platforms_write_it(string text, string expected) => ClientAddress.Parse(text).ShouldBe(IPAddress.Parse(expected));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("unknown")]
    [InlineData("localhost")]
    [InlineData("localhost:80")]
    [InlineData("10.0.0.1, 10.0.0.2")]
    [InlineData("10.0.0")]
    [InlineData("010.0.0.1")]
    [InlineData("167772161")]
    [InlineData("10.0.0.0/8")]
    [InlineData("10.0.0.1%eth0")]
    [InlineData("10.0.0.1:")]
    [InlineData("10.0.0.1:65536")]
    [InlineData("10.0.0.1:+80")]
    [InlineData("10.0.0.1:80:80")]
    [InlineData("[10.0.0.1]:80")]
    [InlineData("[::1")]
    [InlineData("[::1]80")]
    [InlineData("[::1]:x")]
    [InlineData("::1%")]
    [InlineData("[]")]
    [InlineData("%")]
    [InlineData(":")]
    [InlineData("１０.0.0.1")]
    public void Anything_else_is_an_address_that_no_list_admits(string text)
    {
        ClientAddress.Parse(text).ShouldBeNull();
        AddressList.Of(["0.0.0.0/0", "::/0"]).Allows(ClientAddress.Parse(text)).ShouldBeFalse();
    }

    [Fact]
    public void No_text_is_an_exception() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123:[]%./fipv "], 0, 24]).Sample(text => ClientAddress.Parse(text), iter: 50_000);
}
