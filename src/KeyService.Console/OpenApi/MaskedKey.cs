namespace KeyService.AdminConsole.OpenApi;

/// <summary>What a list shows of an API key: its hint, with dots for what is hidden.</summary>
internal static class MaskedKey
{
    /// <param name="hint">Such as <c>ks_live_...x7Qd</c>.</param>
    public static string Of(string hint) => hint.Replace("...", "••••••••", StringComparison.Ordinal);
}
