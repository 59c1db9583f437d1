using System.Text;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class Base62Tests
{
    [Theory]
    [InlineData(0ul, "000000")]
    [InlineData(9ul, "000009")]
    [InlineData(10ul, "00000A")]
    [InlineData(35ul, "00000Z")]
    [InlineData(36ul, "00000a")]
    [InlineData(61ul, "00000z")]
    [InlineData(62ul, "000010")]
    [InlineData(uint.MaxValue, "4gfFC3")]
    public void Digits_stand_most_significant_first_and_zero_padded(ulong value, string expected)
    {
        var digits = new byte[6];
        Base62.Encode(value, digits);
        Encoding.ASCII.GetString(digits).ShouldBe(expected);
    }

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.ULong[0, (1ul << 47) - 1].Sample(value =>
        {
            var digits = new byte[8];
            Base62.Encode(value, digits);
            Base62.AreDigits(digits).ShouldBeTrue();
            Base62.TryDecode(digits, out var read).ShouldBeTrue();
            read.ShouldBe(value);
        });

    [Fact]
    public void A_number_too_long_for_its_digits_is_refused_not_cut() =>
        Should.Throw<ArgumentOutOfRangeException>(() => Base62.Encode(62, new byte[1]));

    [Fact]
    public void Exactly_the_62_digits_are_digits()
    {
        const string digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for (var code = 0; code < 256; code++)
        {
            var expected = digits.Contains((char)code, StringComparison.Ordinal);
            Base62.IsDigit((char)code).ShouldBe(expected);
            Base62.AreDigits([(byte)code]).ShouldBe(expected);
            Base62.TryDecode([(byte)code], out var value).ShouldBe(expected);
            value.ShouldBe(expected ? (ulong)digits.IndexOf((char)code, StringComparison.Ordinal) : 0);
        }

        Base62.IsDigit('７').ShouldBeFalse();
    }
}
