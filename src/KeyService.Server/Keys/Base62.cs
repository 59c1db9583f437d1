using System.Buffers;
using System.Security.Cryptography;

namespace KeyService.Server.Keys;

/// <summary>Numbers as digits <c>0-9A-Za-z</c> in that order, most significant first, zero-padded to a fixed width.</summary>
internal static class Base62
{
    private const int Radix = 62;

    private static readonly SearchValues<byte> AllDigits = SearchValues.Create(Digits);

    private static ReadOnlySpan<byte> Digits => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    // Not char.IsDigit or IsLetter: those take full-width and other scripts' digits and letters too.
    public static bool IsDigit(char c) => char.IsAsciiLetterOrDigit(c);

    public static bool AreDigits(ReadOnlySpan<byte> ascii) => !ascii.ContainsAnyExcept(AllDigits);

    /// <summary>Fills the whole of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value needs more digits.</exception>
    public static void Encode(ulong value, Span<byte> destination)
    {
        var rest = value;
        for (var i = destination.Length - 1; i >= 0; i--)
        {
            destination[i] = Digits[(int)(rest % Radix)];
            rest /= Radix;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(rest, 0UL, nameof(value));
    }

    /// <summary>False when a byte is no digit. At most 10 digits: 62^10 is just below 2^60, 62^11 no longer fits.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> digits, out ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits.Length, 10, nameof(digits));
        value = 0;
        foreach (var digit in digits)
        {
            var place = digit switch
            {
                >= (byte)'0' and <= (byte)'9' => digit - '0',
                >= (byte)'A' and <= (byte)'Z' => digit - 'A' + 10,
                >= (byte)'a' and <= (byte)'z' => digit - 'a' + 36,
                _ => -1,
            };
            if (place < 0)
            {
                value = 0;
                return false;
            }

            value = (value * Radix) + (ulong)place;
        }

        return true;
    }

    /// <summary>The last digits of a number that may have more.</summary>
    public static void EncodeLast(UInt128 value, Span<byte> destination)
    {
        for (var i = destination.Length - 1; i >= 0; i--)
        {
            destination[i] = Digits[(int)(value % Radix)];
            value /= Radix;
        }
    }

    /// <summary>Independent, uniform digits from the system's generator: 5.95 bits each.</summary>
    public static void FillRandom(Span<byte> destination)
    {
        Span<byte> random = stackalloc byte[32];
        var filled = 0;
        while (filled < destination.Length)
        {
            RandomNumberGenerator.Fill(random);
            foreach (var drawn in random)
            {
                // Six bits, and the two values too many thrown away: a remainder would make the first digits likelier than the last.
                var place = drawn & 0x3F;
                if (place < Radix && filled < destination.Length)
                    destination[filled++] = Digits[place];
            }
        }

        CryptographicOperations.ZeroMemory(random);
    }
}
