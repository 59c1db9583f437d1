using System.Security.Cryptography;
using KeyService.Server.Keys;

namespace KeyService.Server.Storage;

/// <summary>From a secret's row to its API key.</summary>
internal static class SealedKeyOpener
{
    /// <exception cref="CryptographicException">The seal does not open: damaged, moved to another row, or its master key is not configured.</exception>
    public static string Open(KeySecretRow secret, string workspaceId, MasterKeys masterKeys) =>
        masterKeys.Find(secret.Generation) is { } masterKey
        && SealedKey.Open(masterKey, secret.Sealed!, workspaceId, secret.KeyId, KeyDigest.FromBytes(secret.Digest)) is { } apiKey
            ? apiKey
            : throw new CryptographicException($"The sealed API key of {secret.KeyId} does not open under generation {secret.Generation}.");
}
