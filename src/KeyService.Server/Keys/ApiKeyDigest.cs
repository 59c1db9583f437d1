namespace KeyService.Server.Keys;

/// <summary>The digest of an API key that was just made, or is to be installed.</summary>
internal static class ApiKeyDigest
{
    /// <exception cref="ArgumentException">The text is not an API key of this service.</exception>
    public static KeyDigest Of(string apiKey, MasterKeys masterKeys) => Of(apiKey, masterKeys, out _);

    /// <inheritdoc cref="Of(string, MasterKeys)"/>
    /// <param name="apiKey">The text.</param>
    /// <param name="masterKeys">Those of the service.</param>
    /// <param name="masterKey">The one that made it, which need not be the newest.</param>
    public static KeyDigest Of(string apiKey, MasterKeys masterKeys, out MasterKey masterKey)
    {
        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        if (ApiKeyText.TryParse(apiKey, ascii, out var parts) != ApiKeyParseResult.Ok
            || masterKeys.Find(parts.Generation) is not { } found
            || !ApiKeyText.HasValidTag(ascii[..parts.Length], found))
        {
            throw new ArgumentException("Not an API key of this service.", nameof(apiKey));
        }

        masterKey = found;
        var digest = masterKey.ComputeDigest(ascii[..parts.Length]);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(ascii);
        return digest;
    }
}
