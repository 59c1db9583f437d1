using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace KeyService.AdminConsole.SignIn;

/// <summary>A token that signs in once, within ten minutes, whoever holds it: for who reads the terminal of an embedded default.</summary>
public sealed class OneTimeLink(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private byte[]? _hash;
    private string? _credential;
    private long _offered;

    /// <summary>In the place of any that was offered before.</summary>
    /// <param name="credential">What who follows the link is signed in with.</param>
    /// <returns>The token, base64url of 32 random bytes: for the URL's fragment, which no browser sends.</returns>
    public string Offer(string credential)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        lock (_lock)
        {
            _hash = Hash(token);
            _credential = credential;
            // Not by the calendar, which may be set meanwhile.
            _offered = time.GetTimestamp();
        }

        return token;
    }

    /// <summary>The credential, once; null for any other token, and afterwards.</summary>
    public string? Redeem(string token)
    {
        lock (_lock)
        {
            if (_hash is null || !CryptographicOperations.FixedTimeEquals(_hash, Hash(token))) return null;
            var credential = time.GetElapsedTime(_offered) < Lifetime ? _credential : null;
            _hash = null;
            _credential = null;
            return credential;
        }
    }

    /// <summary>It could not be used for want of the service: it is as good as it was.</summary>
    public void PutBack(string token, string credential)
    {
        lock (_lock)
        {
            if (_hash is not null) return;
            _hash = Hash(token);
            _credential = credential;
        }
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
