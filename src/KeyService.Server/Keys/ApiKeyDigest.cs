namespace KeyService.Server.Keys;

/// <summary>The digest of an API key that was just made, or is to be installed.</summary>
internal static class ApiKeyDigest
{
    /// <exception cref="ArgumentException">The text is not an API key of this service.</exception>
    public static KeyDigest Of(string apiKey, string brand, MasterKeys masterKeys)
    {
        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        if (ApiKeyText.TryParse(apiKey, brand, ascii, out var parts) != ApiKeyParseResult.Ok
            || masterKeys.Find(parts.Generation) is not { } masterKey
            || !ApiKeyText.HasValidTag(ascii[..parts.Length], masterKey))
        {
            throw new ArgumentException("Not an API key of this service.", nameof(apiKey));
        }

        var digest = masterKey.ComputeDigest(ascii[..parts.Length]);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(ascii);
        return digest;
    }
}
