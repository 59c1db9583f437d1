using System.Text;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class Crc32Tests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("a", 0xE8B7BE43u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void It_is_the_crc_that_every_zip_tool_computes(string text, uint expected) =>
        Crc32.Compute(Encoding.ASCII.GetBytes(text)).ShouldBe(expected);

    [Fact]
    public void Eight_bytes_a_step_give_what_one_bit_a_step_gives() =>
        Gen.Byte.Array[0, 100].Sample(data => Crc32.Compute(data).ShouldBe(BitByBit(data)), iter: 2_000);

    private static uint BitByBit(byte[] data)
    {
        var crc = 0xFFFFFFFF;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        }

        return ~crc;
    }
}
