namespace KeyService.Server.Keys;

/// <summary>
/// The id of a key: <c>key_</c> and a UUIDv7 as 32 lower-case hex digits, for example <c>key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f</c>.
/// </summary>
internal static class KeyIds
{
    public const int Length = 36;

    private const string Prefix = "key_";

    // Time comes first in it: new rows are added at the end of the index. "N" prints the bytes in the order of the RFC.
    public static string New(TimeProvider time) => Prefix + Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>The shape only: an id that was never made is not found, whatever UUID version it claims.</summary>
    public static bool IsValid(string keyId) =>
        keyId.Length == Length
        && keyId.StartsWith(Prefix, StringComparison.Ordinal)
        && !keyId.AsSpan(Prefix.Length).ContainsAnyExcept("0123456789abcdef");
}
