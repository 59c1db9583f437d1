namespace KeyService.AdminConsole.OpenApi;

/// <summary>What is shown of an API key: its hint, with dots for what is hidden.</summary>
internal static class MaskedKey
{
    private const string Dots = "••••••••";

    /// <param name="hint">Such as <c>ks_live_...x7Qd</c>.</param>
    public static string Of(string hint) => hint.Replace("...", Dots, StringComparison.Ordinal);

    /// <summary>The same of a credential that somebody signed in with; empty for a text of another form.</summary>
    public static string OfCredential(string credential)
    {
        var parts = credential.Split('_');
        return parts.Length == 3 && parts[2].Length > 8 ? $"{parts[0]}_{parts[1]}_{Dots}{parts[2][^4..]}" : "";
    }
}
