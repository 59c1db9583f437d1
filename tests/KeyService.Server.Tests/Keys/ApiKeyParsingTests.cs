using System.Text;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class ApiKeyParsingTests
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    [Fact]
    public void One_wrong_character_at_any_place_is_caught()
    {
        for (var place = 0; place < PinnedKey.ApiKey.Length; place++)
        {
            foreach (var digit in Digits.Where(d => d != PinnedKey.ApiKey[place]))
            {
                var damaged = PinnedKey.ApiKey.ToCharArray();
                damaged[place] = digit;
                // Two other letters are another brand.
                var isMalformed = place < 8 && (place >= 2 || !char.IsAsciiLetterLower(digit));
                Parse(damaged).ShouldBe(isMalformed ? ApiKeyParseResult.Malformed : ApiKeyParseResult.WrongChecksum, $"place {place}");
            }
        }
    }

    [Fact]
    public void Two_neighbours_swapped_are_caught()
    {
        for (var place = 8; place < PinnedKey.ApiKey.Length - 1; place++)
        {
            var swapped = PinnedKey.ApiKey.ToCharArray();
            (swapped[place], swapped[place + 1]) = (swapped[place + 1], swapped[place]);
            Parse(swapped).ShouldBe(ApiKeyParseResult.WrongChecksum, $"place {place}");
        }
    }

    [Fact]
    public void A_forged_tag_under_a_right_checksum_parses_but_does_not_hold()
    {
        for (var place = 32; place < 40; place++)
        {
            var forged = Encoding.ASCII.GetBytes(PinnedKey.ApiKey);
            forged[place] = forged[place] == (byte)'0' ? (byte)'1' : (byte)'0';
            Base62.Encode(Crc32.Compute(forged.AsSpan(0, 40)), forged.AsSpan(40));
            Parse(Encoding.ASCII.GetString(forged)).ShouldBe(ApiKeyParseResult.Ok);
            ApiKeyText.HasValidTag(forged, PinnedKey.Master).ShouldBeFalse();
        }
    }

    [Fact]
    public void The_tag_covers_everything_before_it()
    {
        for (var place = 0; place < 32; place++)
        {
            var changed = Encoding.ASCII.GetBytes(PinnedKey.ApiKey);
            changed[place] ^= 1;
            ApiKeyText.HasValidTag(changed, PinnedKey.Master).ShouldBeFalse($"place {place}");
        }
    }

    [Fact]
    public void A_checksum_above_32_bits_is_wrong_and_no_overflow() =>
        Parse(PinnedKey.ApiKey[..40] + "zzzzzz").ShouldBe(ApiKeyParseResult.WrongChecksum);

    public static TheoryData<string> NotApiKeys { get; } =
    [
        "",
        "ks",
        "ks_live_",
        " " + PinnedKey.ApiKey,
        PinnedKey.ApiKey + " ",
        PinnedKey.ApiKey + "\n",
        PinnedKey.ApiKey + "\0",
        "\0" + PinnedKey.ApiKey[1..],
        PinnedKey.ApiKey[..45] + "\0",
        PinnedKey.ApiKey[..45],
        PinnedKey.ApiKey + "0",
        PinnedKey.ApiKey.Replace("ks_", "KS_", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace("ks_", "k_", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace("ks_", "k5_", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace("ks_", "_", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace("ks_", "abcdefghi_", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace("_live_", "_Live_", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace("_live_", "_prod_", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace("_live_", "-live-", StringComparison.Ordinal),
        PinnedKey.ApiKey.Replace('7', '７'),
        PinnedKey.ApiKey.Replace('A', 'А'),
        PinnedKey.ApiKey.Replace('0', '_'),
        PinnedKey.ApiKey.Replace('0', '+'),
        "\uFEFF" + PinnedKey.ApiKey,
        new string('é', 46),
        new string('a', 100_000),
    ];

    [Theory]
    [MemberData(nameof(NotApiKeys))]
    public void What_is_not_exactly_an_api_key_is_malformed(string text) => Parse(text).ShouldBe(ApiKeyParseResult.Malformed);

    [Theory]
    [InlineData("ab")]
    [InlineData("other")]
    [InlineData("abcdefgh")]
    public void An_api_key_names_its_brand_and_its_tag_holds_for_no_other(string brand)
    {
        var apiKey = ApiKeyText.Generate(brand, KeyEnvironment.Live, PinnedKey.Master);
        Parse(apiKey).ShouldBe(ApiKeyParseResult.Ok);
        ApiKeyText.HasValidTag(Encoding.ASCII.GetBytes(apiKey), PinnedKey.Master).ShouldBeTrue();

        // The checksum is public, the tag is not.
        var renamed = Encoding.ASCII.GetBytes("zz" + apiKey[brand.Length..]);
        Base62.Encode(Crc32.Compute(renamed.AsSpan(..^6)), renamed.AsSpan(^6..));
        Parse(Encoding.ASCII.GetString(renamed)).ShouldBe(ApiKeyParseResult.Ok);
        ApiKeyText.HasValidTag(renamed, PinnedKey.Master).ShouldBeFalse();
    }

    [Fact]
    public void No_text_makes_parsing_throw_and_both_overloads_agree() =>
        AnyText.Sample(text => Parse(text), iter: 20_000);

    [Fact]
    public void No_bytes_make_parsing_throw() =>
        Gen.OneOf(Gen.Byte.Array[0, 100], Gen.Byte.Array[46]).Sample(
            bytes => ApiKeyText.Parse(bytes, out _).ShouldBe(ApiKeyParseResult.Malformed),
            iter: 20_000);

    [Fact]
    public void Nothing_of_a_refused_text_is_left_in_the_buffer()
    {
        var ascii = new byte[ApiKeyText.MaxLength];
        var mistyped = PinnedKey.ApiKey[..45] + "0";
        ApiKeyText.TryParse(mistyped, ascii, out var parts).ShouldBe(ApiKeyParseResult.WrongChecksum);
        ascii.ShouldBe(new byte[ApiKeyText.MaxLength]);
        parts.ShouldBe(default);
    }

    [Fact]
    public void A_buffer_that_some_brand_would_overflow_is_refused_at_once() =>
        Should.Throw<ArgumentOutOfRangeException>(() => ApiKeyText.TryParse("", new byte[ApiKeyText.MaxLength - 1], out _));

    [Fact]
    public void Parsing_and_checking_allocate_nothing()
    {
        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        ReadOnlySpan<byte> utf8 = Encoding.ASCII.GetBytes(PinnedKey.ApiKey);
        var mistyped = PinnedKey.ApiKey[..45] + "0";
        var held = 0;
        var (before, least) = (0L, long.MaxValue);
        for (var i = 0; i < 1_100; i++)
        {
            // Eleven rounds: a collection that another test causes adds what was left of this thread's share of the heap.
            if (i % 100 == 0) before = GC.GetAllocatedBytesForCurrentThread();
            ApiKeyText.TryParse(mistyped, ascii, out _);
            ApiKeyText.TryParse("ks_live_", ascii, out _);
            ApiKeyText.TryParse(PinnedKey.ApiKey, ascii, out _);
            ApiKeyText.Parse(utf8, out var parts);
            held += ApiKeyText.HasValidTag(ascii[..parts.Length], PinnedKey.Master) ? 1 : 0;
            held += PinnedKey.Master.ComputeDigest(ascii[..parts.Length]).GetHashCode() != 0 ? 1 : 0;
            if (i % 100 == 99) least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.ShouldBe(0);
        held.ShouldBe(2_200);
    }

    /// <summary>Any strings, and ones close enough to an API key to come past the first checks.</summary>
    private static Gen<string> AnyText { get; } = Gen.OneOf(
        Gen.String,
        Gen.String[Gen.Char, 46, 46],
        Gen.String[Gen.Char.AlphaNumeric, 38, 38].Select(tail => "ks_live_" + tail),
        Gen.Select(Gen.Int[0, 45], Gen.Char).Select((place, c) => PinnedKey.ApiKey[..place] + c + PinnedKey.ApiKey[(place + 1)..]),
        Gen.Select(Gen.String[0, 3], Gen.String[0, 3]).Select((before, after) => before + PinnedKey.ApiKey + after));

    /// <summary>By both overloads, which must agree.</summary>
    private static ApiKeyParseResult Parse(ReadOnlySpan<char> text)
    {
        var ascii = new byte[ApiKeyText.MaxLength];
        var utf8 = Encoding.UTF8.GetBytes(text.ToArray());
        var result = ApiKeyText.TryParse(text, ascii, out var parts);
        ApiKeyText.Parse(utf8, out var partsFromBytes).ShouldBe(result);
        partsFromBytes.ShouldBe(parts);
        if (result == ApiKeyParseResult.Ok) ascii[..parts.Length].ShouldBe(utf8);
        return result;
    }
}
