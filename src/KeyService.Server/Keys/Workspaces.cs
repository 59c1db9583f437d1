using System.Buffers;

namespace KeyService.Server.Keys;

/// <summary>Ids of workspaces: 1 to 64 of <c>[A-Za-z0-9_-]</c>, case-sensitive.</summary>
internal static class Workspaces
{
    /// <summary>Owns the credentials of callers. Managed with <c>keys:admin</c> alone; no API key of it is ever VALID.</summary>
    public const string System = "system";

    /// <summary>In a credential's permitted workspaces: every workspace but <see cref="System"/>.</summary>
    public const string All = "*";

    public const int MaxLength = 64;

    private static readonly SearchValues<byte> IdCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"u8);

    public static bool IsValid(string id) => id.Length is >= 1 and <= MaxLength && id.All(IsIdCharacter);

    /// <inheritdoc cref="IsValid(string)"/>
    public static bool IsValid(ReadOnlySpan<byte> utf8) => utf8.Length is >= 1 and <= MaxLength && !utf8.ContainsAnyExcept(IdCharacters);

    /// <summary>The characters of workspace ids and request ids.</summary>
    public static bool IsIdCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
