namespace KeyService.Server.Keys;

/// <summary>Ids of workspaces: 1 to 64 of <c>[A-Za-z0-9_-]</c>, case-sensitive.</summary>
internal static class Workspaces
{
    /// <summary>Owns the credentials of callers. Managed with <c>keys:admin</c> alone; no API key of it is ever VALID.</summary>
    public const string System = "system";

    /// <summary>In a credential's permitted workspaces: every workspace but <see cref="System"/>.</summary>
    public const string All = "*";

    public const int MaxLength = 64;

    public static bool IsValid(string id) => id.Length is >= 1 and <= MaxLength && id.All(IsIdCharacter);

    /// <summary>The characters of workspace ids and request ids.</summary>
    public static bool IsIdCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
