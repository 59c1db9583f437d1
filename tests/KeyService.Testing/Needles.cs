using System.Text;

namespace KeyService.Testing;

/// <summary>Every run of 12 bytes of some secrets, to be looked for in any bytes.</summary>
internal sealed class Needles
{
    private const int Length = 12;
    private static readonly UInt128 Mask = (UInt128.One << (8 * Length)) - 1;
    private readonly HashSet<UInt128> _pieces = [];

    public void Add(string secret) => Add(Encoding.ASCII.GetBytes(secret));

    public void Add(ReadOnlySpan<byte> secret)
    {
        secret.Length.ShouldBeGreaterThanOrEqualTo(Length);
        UInt128 window = 0;
        for (var i = 0; i < secret.Length; i++)
        {
            window = ((window << 8) | secret[i]) & Mask;
            if (i >= Length - 1) _pieces.Add(window);
        }
    }

    /// <summary>Where the first piece ends; -1 when there is none.</summary>
    public int FindIn(ReadOnlySpan<byte> haystack)
    {
        UInt128 window = 0;
        for (var i = 0; i < haystack.Length; i++)
        {
            window = ((window << 8) | haystack[i]) & Mask;
            if (i >= Length - 1 && _pieces.Contains(window)) return i;
        }

        return -1;
    }

    public void ShouldNotBeIn(ReadOnlySpan<byte> haystack, string what)
    {
        var at = FindIn(haystack);
        // A hint is the last four characters only: it is no piece.
        if (at >= 0) throw new ShouldAssertException($"A piece of a secret ends at byte {at} of {haystack.Length} of {what}.");
    }

    public void ShouldNotBeIn(string haystack, string what) => ShouldNotBeIn(Encoding.UTF8.GetBytes(haystack), what);
}
