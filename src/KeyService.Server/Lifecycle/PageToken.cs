using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using KeyService.Server.Keys;

namespace KeyService.Server.Lifecycle;

/// <summary>
/// Where the next page begins, sealed, and bound to what the list was asked for: another caller, workspace, filter or order cannot use it.
/// Text is base64url of
/// <code>
/// offset  length
///      0       1  format version: 1
///      1       1  generation of the master key
///      2      12  nonce, random
///     14      16  AES-256-GCM tag; associated data: SHA-256 of the binding's JSON
///     30       n  the position as JSON, encrypted
/// </code>
/// </summary>
internal static class PageToken
{
    private const byte Version = 1;
    private const int NonceOffset = 2;
    private const int TagOffset = 14;
    private const int BodyOffset = 30;

    /// <summary>A position is short: anything longer is none of ours.</summary>
    private const int MaxTextLength = 4_096;

    /// <param name="position">Where the page ended.</param>
    /// <param name="binding">What the list was asked for: caller, RPC, workspace, filter, order.</param>
    /// <param name="masterKey">Makes the token.</param>
    public static string Seal<T>(T position, IReadOnlyList<string> binding, MasterKey masterKey)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(position, JsonSerializerOptions.Default);
        var token = new byte[BodyOffset + body.Length];
        token[0] = Version;
        token[1] = (byte)masterKey.Generation;
        RandomNumberGenerator.Fill(token.AsSpan(NonceOffset, TagOffset - NonceOffset));
        using var cipher = new AesGcm(masterKey.PageTokenKey, BodyOffset - TagOffset);
        cipher.Encrypt(
            token.AsSpan(NonceOffset, TagOffset - NonceOffset), body, token.AsSpan(BodyOffset), token.AsSpan(TagOffset, BodyOffset - TagOffset),
            Bound(binding));
        return Base64Url.EncodeToString(token);
    }

    /// <exception cref="RefusedException">Damaged, or made for another list.</exception>
    public static T Open<T>(string text, IReadOnlyList<string> binding, MasterKeys masterKeys)
    {
        try
        {
            if (text.Length > MaxTextLength) throw new RefusedException(Refusal.InvalidPageToken);
            var token = Base64Url.DecodeFromChars(text);
            if (token.Length <= BodyOffset || token[0] != Version || masterKeys.Find((char)token[1]) is not { } masterKey)
                throw new RefusedException(Refusal.InvalidPageToken);
            var body = new byte[token.Length - BodyOffset];
            using var cipher = new AesGcm(masterKey.PageTokenKey, BodyOffset - TagOffset);
            cipher.Decrypt(
                token.AsSpan(NonceOffset, TagOffset - NonceOffset), token.AsSpan(BodyOffset), token.AsSpan(TagOffset, BodyOffset - TagOffset),
                body, Bound(binding));
            return JsonSerializer.Deserialize<T>(body, JsonSerializerOptions.Default)!;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw new RefusedException(Refusal.InvalidPageToken);
        }
    }

    private static byte[] Bound(IReadOnlyList<string> binding) =>
        SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(binding, JsonSerializerOptions.Default));
}
