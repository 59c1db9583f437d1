using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace KeyService.Server.Keys;

internal enum ApiKeyParseResult
{
    Ok,

    /// <summary>Not the shape of an API key.</summary>
    Malformed,

    /// <summary>The right shape, but mistyped or cut and filled up: the checksum does not hold.</summary>
    WrongChecksum,
}

/// <summary>What an API key says of itself. Claims only, until its tag or its digest is checked.</summary>
internal readonly record struct ApiKeyParts(int Length, KeyEnvironment Environment, char Generation);

/// <summary>The text of an API key, for example <c>ks_live_</c> and 38 base62 digits.</summary>
/// <remarks>
/// <code>
/// part         characters   meaning
/// brand        2 to 8       lower-case letters, "ks" by default: lets scanners find leaked keys
/// _            1
/// environment  4            "live" or "test"
/// _            1
/// generation   1            base62: the master key that made it
/// secret      23            base62: uniform digits, 136.9 bits
/// tag          8            base62: first 47 bits of HMAC-SHA-256(tag key, everything before the tag), big-endian
/// checksum     6            base62: CRC-32 (IEEE) of everything before it
/// </code>
/// The configured brand is for new API keys alone. Parsing takes any, because the text names its own and tag and digest cover it: another setting must not
/// invalidate what was issued. The text carries no version of its own: a new format takes new generations. The tag is a shield for the database, not the
/// authentication: a key is accepted only because its digest was found.
/// </remarks>
internal static class ApiKeyText
{
    public const int MinBrandLength = 2;
    public const int MaxBrandLength = 8;
    public const int MaxLength = MaxBrandLength + InfixLength + TailLength;

    private const int InfixLength = 6;
    private const int SecretLength = 23;
    private const int TagLength = 8;
    private const int ChecksumLength = 6;
    private const int TailLength = 1 + SecretLength + TagLength + ChecksumLength;
    private const int HintTailLength = 4;

    public static bool IsValidBrand(string brand) =>
        brand.Length is >= MinBrandLength and <= MaxBrandLength && !brand.AsSpan().ContainsAnyExceptInRange('a', 'z');

    /// <summary>A new API key. The string itself cannot be wiped: let it go as soon as it is answered.</summary>
    public static string Generate(string brand, KeyEnvironment environment, MasterKey key) =>
        Make(brand, environment, key, static (_, _, secret) => Base62.FillRandom(secret));

    /// <summary>
    /// The canary's: it follows from the master key, so that every process finds the same and nothing has to be kept that could be shown.
    /// Only for a key that may do nothing.
    /// </summary>
    public static string DeriveForCanary(string brand, MasterKey key) => Make(brand, KeyEnvironment.Live, key, DeriveSecret);

    /// <summary>With a secret that the caller chose, which is none: for stores of benchmarks, whose API keys follow from a number.</summary>
    /// <param name="digits">23 base62 digits in ASCII.</param>
    public static string OfKnownSecret(string brand, KeyEnvironment environment, MasterKey key, byte[] digits)
    {
        if (digits.Length != SecretLength || !Base62.AreDigits(digits))
            throw new ArgumentException("A secret is 23 base62 digits.", nameof(digits));
        return Make(brand, environment, key, (_, _, secret) => digits.CopyTo(secret));
    }

    private static string Make(string brand, KeyEnvironment environment, MasterKey key, SecretWriter writeSecret)
    {
        if (!IsValidBrand(brand))
            throw new ArgumentException("A brand is 2 to 8 lower-case letters.", nameof(brand));
        var infix = environment switch
        {
            KeyEnvironment.Live => "_live_"u8,
            KeyEnvironment.Test => "_test_"u8,
            _ => throw new ArgumentOutOfRangeException(nameof(environment)),
        };

        Span<byte> buffer = stackalloc byte[MaxLength];
        var text = buffer[..(brand.Length + InfixLength + TailLength)];
        Encoding.ASCII.GetBytes(brand, text);
        infix.CopyTo(text[brand.Length..]);
        text[^TailLength] = (byte)key.Generation;
        writeSecret(key, text[..^(TailLength - 1)], text[^(TailLength - 1)..^(TagLength + ChecksumLength)]);
        WriteTag(text[..^(TagLength + ChecksumLength)], key, text[^(TagLength + ChecksumLength)..^ChecksumLength]);
        Base62.Encode(Crc32.Compute(text[..^ChecksumLength]), text[^ChecksumLength..]);
        var apiKey = Encoding.ASCII.GetString(text);
        CryptographicOperations.ZeroMemory(buffer);
        return apiKey;
    }

    /// <summary>Never throws for any text, and allocates nothing.</summary>
    /// <param name="ascii">At least <see cref="MaxLength"/> bytes; the API key in ASCII when the result is Ok, else nothing of it.</param>
    public static ApiKeyParseResult TryParse(ReadOnlySpan<char> text, Span<byte> ascii, out ApiKeyParts parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ascii.Length, MaxLength, nameof(ascii));
        parts = default;
        if (text.Length > MaxLength)
            return ApiKeyParseResult.Malformed;
        Ascii.FromUtf16(text, ascii, out var written);
        var result = written == text.Length ? Parse(ascii[..written], out parts) : ApiKeyParseResult.Malformed;
        if (result != ApiKeyParseResult.Ok)
            ascii[..written].Clear();
        return result;
    }

    /// <summary>Whether <paramref name="key"/> made this API key. False, not an exception, for a text that is none.</summary>
    public static bool HasValidTag(ReadOnlySpan<byte> ascii, MasterKey key)
    {
        if (ascii.Length is < MinBrandLength + InfixLength + TailLength or > MaxLength)
            return false;
        Span<byte> expected = stackalloc byte[TagLength];
        WriteTag(ascii[..^(TagLength + ChecksumLength)], key, expected);
        return CryptographicOperations.FixedTimeEquals(expected, ascii[^(TagLength + ChecksumLength)..^ChecksumLength]);
    }

    /// <summary>What may be shown of an API key: <c>ks_live_...aB3d</c>. The four are of the checksum: they tell less than 24 bits of 136.</summary>
    public static string Hint(string apiKey)
    {
        if (apiKey.Length is < MinBrandLength + InfixLength + TailLength or > MaxLength)
            throw new ArgumentException("Not an API key.", nameof(apiKey));
        return string.Concat(apiKey.AsSpan(0, apiKey.Length - TailLength), "...", apiKey.AsSpan(apiKey.Length - HintTailLength));
    }

    private delegate void SecretWriter(MasterKey key, ReadOnlySpan<byte> before, Span<byte> secret);

    /// <summary>23 digits of HMAC-SHA-256(canary key, everything before them): 12 from its first half, 11 from its second.</summary>
    private static void DeriveSecret(MasterKey key, ReadOnlySpan<byte> before, Span<byte> secret)
    {
        Span<byte> hash = stackalloc byte[KeyedHash.Size];
        key.CanaryHash.Compute(before, hash);
        Base62.EncodeLast(BinaryPrimitives.ReadUInt128BigEndian(hash), secret[..12]);
        Base62.EncodeLast(BinaryPrimitives.ReadUInt128BigEndian(hash[16..]), secret[12..]);
        CryptographicOperations.ZeroMemory(hash);
    }

    /// <summary>Never throws for any bytes, and allocates nothing. What is Ok is ASCII.</summary>
    public static ApiKeyParseResult Parse(ReadOnlySpan<byte> text, out ApiKeyParts parts)
    {
        parts = default;
        if (!HasShape(text, out var environment))
            return ApiKeyParseResult.Malformed;
        // Six digits hold more than 32 bits; a number above them equals no CRC.
        if (!Base62.TryDecode(text[^ChecksumLength..], out var checksum) || checksum != Crc32.Compute(text[..^ChecksumLength]))
            return ApiKeyParseResult.WrongChecksum;
        parts = new ApiKeyParts(text.Length, environment, (char)text[^TailLength]);
        return ApiKeyParseResult.Ok;
    }

    private static bool HasShape(ReadOnlySpan<byte> text, out KeyEnvironment environment)
    {
        environment = default;
        var brandLength = text.Length - (InfixLength + TailLength);
        if (brandLength is < MinBrandLength or > MaxBrandLength)
            return false;
        if (text[..brandLength].ContainsAnyExceptInRange((byte)'a', (byte)'z'))
            return false;
        var infix = text.Slice(brandLength, InfixLength);
        if (infix.SequenceEqual("_live_"u8))
            environment = KeyEnvironment.Live;
        else if (infix.SequenceEqual("_test_"u8))
            environment = KeyEnvironment.Test;
        else
            return false;
        return Base62.AreDigits(text[^TailLength..]);
    }

    private static void WriteTag(ReadOnlySpan<byte> beforeTag, MasterKey key, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[KeyedHash.Size];
        key.TagHash.Compute(beforeTag, hash);
        Base62.Encode(BinaryPrimitives.ReadUInt64BigEndian(hash) >> (64 - 47), destination);
    }
}
