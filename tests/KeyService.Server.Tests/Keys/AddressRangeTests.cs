using System.Net;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class AddressRangeTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("255.255.255.255/32", "255.255.255.255/32")]
    [InlineData("192.0.2.7", "192.0.2.7/32")]
    [InlineData("2001:db8::1", "2001:db8::1/128")]
    [InlineData("2001:DB8:0:0::/32", "2001:db8::/32")]
    [InlineData("2001:0db8:0000:0000:0000:0000:0000:0000/64", "2001:db8::/64")]
    [InlineData("::/0", "::/0")]
    [InlineData("::1", "::1/128")]
    [InlineData("8000::/1", "8000::/1")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7/32")]
    [InlineData("::ffff:c000:207", "192.0.2.7/32")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:0:0/96", "0.0.0.0/0")]
    public void A_range_has_one_canonical_text(string text, string expected)
    {
        AddressRange.TryParse(text, out var range, out var problem).ShouldBeTrue(problem);
        problem.ShouldBeEmpty();
        range.ToString().ShouldBe(expected);
        AddressRange.TryParse(expected, out var again, out _).ShouldBeTrue();
        again.ShouldBe(range);
    }

    [Theory]
    [InlineData("10.0.0.1/8", "10.0.0.0/8")]
    [InlineData("192.0.2.255/31", "192.0.2.254/31")]
    [InlineData("1.2.3.4/0", "0.0.0.0/0")]
    [InlineData("2001:db8::1/64", "2001:db8::/64")]
    [InlineData("::1/0", "::/0")]
    [InlineData("::ffff:10.1.2.3/104", "10.0.0.0/8")]
    [InlineData("::ffff:10.0.0.0/95", "::fffe:0:0/95")]
    public void Host_bits_are_refused_with_the_range_that_was_meant(string text, string meant)
    {
        AddressRange.TryParse(text, out var range, out var problem).ShouldBeFalse();
        problem.ShouldBe($"has host bits set; did you mean {meant}");
        range.ShouldBe(default);
    }

    [Theory]
    [InlineData("10.0.0.0/33", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/08", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/-1", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/+8", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/ 8", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/8/8", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/255.0.0.0", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/4294967304", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("10.0.0.0/٨", "has a prefix length that is not a number from 0 to 32")]
    [InlineData("2001:db8::/129", "has a prefix length that is not a number from 0 to 128")]
    public void A_wrong_prefix_length_is_named(string text, string expected)
    {
        AddressRange.TryParse(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldBe(expected);
    }

    public static TheoryData<string> NotAddresses { get; } =
    [
        "", " ", "*", "localhost", "10", "10.1", "10.0.1", "10.0.0.0.0", "10.0.0.", ".10.0.0.0", "10..0.0", "256.0.0.1", "1000.0.0.1",
        "010.0.0.1", "10.0.0.01", "00.0.0.0", "0x0A.0.0.1", "0x7f000001", "2130706433", "a.b.c.d", "+10.0.0.1", "10.0.0.1 ", " 10.0.0.1",
        "10.0.0.1\0", "10.0.0.1\n", "10.0.0.1:80", "１0.0.0.1", "10,0,0,1", ":", ":::", "::1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8", "12345::", "g::", "fe80::1%eth0", "fe80::1%1", "[::1]", "[::1]:80", "::1 ", " ::1",
        "::ffff:1.2.3", "::ffff:01.2.3.4", "::ffff:1.2.3.256", "::1.2.3.4:1", "1.2.3.4::", "::ffff:1.2.3.4.5", "1:2:3:4:5:6:7:1.2.3.4",
    ];

    [Theory]
    [MemberData(nameof(NotAddresses))]
    public void What_two_programs_could_read_differently_is_refused(string text)
    {
        AddressRange.TryParse(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldStartWith("is not an IPv4 or IPv6 address");
        AddressRange.TryParseAddress(text, out var address).ShouldBeFalse();
        address.ShouldBeNull();
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    public void A_client_address_comes_out_in_the_form_that_is_compared(string text, string expected)
    {
        AddressRange.TryParseAddress(text, out var address).ShouldBeTrue();
        address.ShouldBe(IPAddress.Parse(expected));
    }

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("2001:db8::/32")]
    public void A_client_address_has_no_prefix_length(string text) => AddressRange.TryParseAddress(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "9.255.255.255", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::10.1.2.3", false)]
    [InlineData("192.0.2.7/32", "192.0.2.7", true)]
    [InlineData("192.0.2.7/32", "192.0.2.6", false)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "203.0.113.9", false)]
    [InlineData("::/0", "::ffff:203.0.113.9", false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("2001:db8::1/128", "2001:db8::1", true)]
    [InlineData("2001:db8::1/128", "2001:db8::2", false)]
    [InlineData("fe80::/10", "fe80::1%3", true)]
    [InlineData("::ffff:10.0.0.0/104", "10.1.2.3", true)]
    public void A_range_contains_what_shares_its_prefix(string text, string client, bool expected)
    {
        AddressRange.TryParse(text, out var range, out var problem).ShouldBeTrue(problem);
        range.Contains(IPAddress.Parse(client)).ShouldBe(expected);
    }

    [Fact]
    public void It_contains_what_the_framework_says_and_prints_what_it_reads() =>
        Gen.Select(AnyAddress, AnyAddress, Gen.Int[0, 128]).Sample(
            (address, client, anyPrefix) =>
            {
                var bytes = address.GetAddressBytes();
                var prefix = anyPrefix * bytes.Length * 8 / 128;
                for (var bit = prefix; bit < bytes.Length * 8; bit++)
                    bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                var network = new IPNetwork(new IPAddress(bytes), prefix);
                AddressRange.TryParse(network.ToString(), out var range, out var problem).ShouldBeTrue(problem);
                range.ToString().ShouldBe(network.ToString());
                range.Contains(client).ShouldBe(network.Contains(client));
                range.Contains(address).ShouldBeTrue();
            },
            iter: 5_000);

    [Fact]
    public void No_text_makes_parsing_throw() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789abcdef:./% "], 0, 50]).Sample(
            text =>
            {
                var ok = AddressRange.TryParse(text, out var range, out var problem);
                ok.ShouldBe(problem.Length == 0);
                if (ok)
                    range.ToString().ShouldContain("/");
            },
            iter: 50_000);

    [Fact]
    public void The_default_range_contains_nobody()
    {
        default(AddressRange).Contains(IPAddress.Any).ShouldBeFalse();
        default(AddressRange).Contains(IPAddress.IPv6Any).ShouldBeFalse();
        default(AddressRange).ToString().ShouldBe("none");
    }

    private static Gen<byte> FewBytes { get; } = Gen.OneOf<byte>(0, 1, 128, 254);

    /// <summary>Few different bytes, so that a client often lies in the range. None is IPv4-mapped: those become IPv4.</summary>
    private static Gen<IPAddress> AnyAddress { get; } = Gen.OneOf(FewBytes.Array[4], FewBytes.Array[16])
        .Select(bytes => new IPAddress(bytes));
}
