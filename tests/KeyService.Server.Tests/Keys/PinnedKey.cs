using System.Text;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

/// <summary>One master key and what must follow from it for ever. Made without this code, by Python 3 (and <c>cryptography</c> for AES-GCM):</summary>
/// <remarks>
/// <code>
/// import hmac, hashlib, zlib
/// from cryptography.hazmat.primitives.ciphers.aead import AESGCM
/// D = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/// def b62(n, width):
///     s = ""
///     for _ in range(width): n, r = divmod(n, 62); s = D[r] + s
///     return s
/// mac = lambda key, data: hmac.new(key, data, hashlib.sha256).digest()
/// hkdf = lambda secret, label: mac(mac(bytes(32), secret), label.encode() + b"\x01")
/// part = lambda b: len(b).to_bytes(2, "big") + b
/// secret = bytes(range(32))
/// head = "ks_live_" + "7" + "0123456789ABCDEFGHIJKLM"
/// tag = b62(int.from_bytes(mac(hkdf(secret, "keyservice/v1/tag"), head.encode())[:8], "big") >> 17, 8)
/// checksum = b62(zlib.crc32((head + tag).encode()), 6)
/// api_key = head + tag + checksum
/// digest = mac(hkdf(secret, "keyservice/v1/digest"), api_key.encode())
/// data = part(b"acme") + part(b"key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f") + part(b"7") + part(digest)
/// nonce = bytes(range(100, 112))
/// c = AESGCM(hkdf(secret, "keyservice/v1/reveal")).encrypt(nonce, api_key.encode(), data)
/// sealed = b"\x01" + nonce + c[-16:] + c[:-16]
/// h = mac(hkdf(secret, "keyservice/v1/canary"), b"ks_live_7")
/// head = "ks_live_7" + b62(int.from_bytes(h[:16], "big"), 12) + b62(int.from_bytes(h[16:], "big"), 11)   # canary: tag and checksum as above
/// </code>
/// </remarks>
internal static class PinnedKey
{
    public const string Brand = "ks";
    public const char Generation = '7';
    public const string ApiKey = "ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW2s7j5Z";
    public const string Tag = "GUqvUJhW";
    public const string Checksum = "2s7j5Z";
    public const string DigestHex = "d205008b74e038653781ac66a82e25552c5c2cc1f5c695270a71b1f3e0a082a5";
    public const string WorkspaceId = "acme";
    public const string KeyId = "key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f";

    public const string SealedHex =
        "016465666768696a6b6c6d6e6f2c36e47a5ef7b9f167d08c44435a66f93ecadb8ee627f27bdb80c7b50f3d45059a0813708e3414a1011e73"
        + "1072c9363264a33a102e13adb988221e85bcb4";

    /// <summary>The canary's.</summary>
    public const string Canary = "ks_live_7MKnFzoefeiQNiA8dPugx83UDQLEbzZ91UGKHD";

    public static MasterKey Master { get; } = Derive(Generation, 0);

    /// <summary>Another secret of the same generation.</summary>
    public static MasterKey OtherMaster { get; } = Derive(Generation, 1);

    public static MasterKey Derive(char generation, byte firstByte)
    {
        var secret = Enumerable.Range(0, MasterKey.SecretSize).Select(i => (byte)i).ToArray();
        secret[0] = firstByte;
        return MasterKey.Derive(generation, secret);
    }

    public static KeyDigest DigestOf(string apiKey) => Master.ComputeDigest(Encoding.ASCII.GetBytes(apiKey));
}
