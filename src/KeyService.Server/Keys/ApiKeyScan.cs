namespace KeyService.Server.Keys;

/// <summary>Finds API keys in text that is kept, shown or logged, where one would be a secret in the clear.</summary>
internal static class ApiKeyScan
{
    /// <summary>Generation and secret: all that cannot be guessed. The rest of an API key that was cut off can be, or is not needed by a reader.</summary>
    private const int SecretDigits = 24;

    /// <summary>With the tag. No word is so long; a shorter run counts only if it has a digit, as 985 of 1,000 secrets have.</summary>
    private const int CertainDigits = 32;

    private const int InfixLength = 6;

    /// <summary>
    /// Whether an API key of any brand is anywhere in the text, mistyped or cut too, and whatever surrounds it. Case counts in the secret alone: the first
    /// letter of a sentence may have been made a capital.
    /// </summary>
    public static bool Finds(ReadOnlySpan<char> text)
    {
        for (var at = ApiKeyText.MinBrandLength; at + InfixLength + SecretDigits <= text.Length; at++)
        {
            if (text[at] == '_' && IsInfix(text.Slice(at, InfixLength)) && char.IsAsciiLetter(text[at - 1]) && char.IsAsciiLetter(text[at - 2])
                && IsSecret(text[(at + InfixLength)..]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsInfix(ReadOnlySpan<char> text) =>
        text.Equals("_live_", StringComparison.OrdinalIgnoreCase) || text.Equals("_test_", StringComparison.OrdinalIgnoreCase);

    private static bool IsSecret(ReadOnlySpan<char> text)
    {
        var length = 0;
        var hasDigit = false;
        for (; length < text.Length && char.IsAsciiLetterOrDigit(text[length]); length++) hasDigit |= char.IsAsciiDigit(text[length]);
        return length >= CertainDigits || (length >= SecretDigits && hasDigit);
    }
}
