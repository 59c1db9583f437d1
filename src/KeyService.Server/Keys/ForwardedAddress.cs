using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace KeyService.Server.Keys;

/// <summary>
/// The address of the person for whom a console calls, in a header of the call. It is signed under a key derived from the master key, which consoles have and
/// callers have not, and bound to the call's credential and to a short time: nobody else can make one, and a copy is of no use with another credential.
/// </summary>
/// <remarks>
/// <code>
/// header   1.generation.seconds.mac.address
///          1           version
///          generation  of the master key, one base62 digit
///          seconds     since 1970, decimal
///          mac         base64url of HMAC-SHA-256(forwarded-address key, signed text), 32 bytes
///          address     IPv4, or IPv6 without a zone; IPv4-mapped IPv6 is written as IPv4
/// signed   1, seconds (8 bytes, big-endian), length of the address (1 byte), the address in ASCII, the credential in UTF-8
/// </code>
/// </remarks>
internal static class ForwardedAddress
{
    public const string Header = "x-keyservice-person";

    /// <summary>Of proxies (<c>KeyService:Console:KnownProxies</c>).</summary>
    public const string ProxyHeader = "X-Forwarded-For";

    /// <summary>The clocks of console and service may differ by this, in either direction.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const string Version = "1";
    private const int MaxLength = 160;

    /// <summary>The header's value.</summary>
    public static string Sign(IPAddress address, ReadOnlySpan<char> credential, MasterKey key, DateTimeOffset now)
    {
        var (seconds, text) = (now.ToUnixTimeSeconds(), TextOf(address));
        return string.Create(CultureInfo.InvariantCulture, $"{Version}.{key.Generation}.{seconds}.{Base64Url.EncodeToString(Mac(seconds, text, credential, key))}.{text}");
    }

    /// <param name="value">The header's value, from anyone.</param>
    /// <param name="credential">Of the same call.</param>
    /// <param name="keys">Of this service.</param>
    /// <param name="now">By this machine's clock.</param>
    /// <param name="address">The person's.</param>
    /// <param name="problem">Why it is not accepted, for the operator; never contains anything of the header.</param>
    public static bool TryVerify(
        string value, ReadOnlySpan<char> credential, MasterKeys keys, DateTimeOffset now, [NotNullWhen(true)] out IPAddress? address, out string problem)
    {
        address = null;
        problem = "it is malformed";
        if (value.Length > MaxLength || value.Split('.', 5) is not [Version, [var generation], var time, var mac, var text]) return false;
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || !AddressText.TryParse(text, out var written)) return false;
        problem = "it is signed under a master key that this service does not have";
        if (keys.Find(generation) is not { } key) return false;
        Span<byte> presented = stackalloc byte[KeyedHash.Size];
        if (Base64Url.DecodeFromChars(mac, presented, out _, out var length) != OperationStatus.Done || length != presented.Length
            || !CryptographicOperations.FixedTimeEquals(presented, Mac(seconds, text, credential, key)))
        {
            return false;
        }

        problem = "its time differs from this machine's clock by more than five minutes";
        if (Math.Abs((decimal)seconds - now.ToUnixTimeSeconds()) > (decimal)Window.TotalSeconds) return false;
        problem = "";
        address = AddressText.Unmap(written);
        return true;
    }

    private static string TextOf(IPAddress address)
    {
        var plain = AddressText.Unmap(address);
        // The zone names an interface of the console's machine.
        return new IPAddress(plain.GetAddressBytes()).ToString();
    }

    private static byte[] Mac(long seconds, string address, ReadOnlySpan<char> credential, MasterKey key)
    {
        var signed = new byte[1 + sizeof(long) + 1 + address.Length + Encoding.UTF8.GetByteCount(credential)];
        signed[0] = 1;
        BinaryPrimitives.WriteInt64BigEndian(signed.AsSpan(1), seconds);
        signed[1 + sizeof(long)] = checked((byte)address.Length);
        var rest = signed.AsSpan(1 + sizeof(long) + 1);
        Encoding.ASCII.GetBytes(address, rest);
        Encoding.UTF8.GetBytes(credential, rest[address.Length..]);
        var mac = new byte[KeyedHash.Size];
        key.ForwardedAddressHash.Compute(signed, mac);
        CryptographicOperations.ZeroMemory(signed);
        return mac;
    }
}
