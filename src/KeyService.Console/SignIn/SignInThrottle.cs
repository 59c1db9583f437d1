using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace KeyService.AdminConsole.SignIn;

/// <summary>Slows who tries one credential after the other: five at once from one place, then one every ten seconds; and a bound for all places together.</summary>
public sealed class SignInThrottle : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> _places = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address => RateLimitPartition.GetTokenBucketLimiter(Place(address), _ => Bucket(tokens: 5, every: TimeSpan.FromSeconds(10))));

    private readonly TokenBucketRateLimiter _all = new(Bucket(tokens: 100, every: TimeSpan.FromMilliseconds(500)));

    /// <summary>False: too many tries from there.</summary>
    public bool MayTry(IPAddress? address)
    {
        using var place = _places.AttemptAcquire(address ?? IPAddress.None);
        if (!place.IsAcquired) return false;
        using var all = _all.AttemptAcquire();
        return all.IsAcquired;
    }

    public void Dispose()
    {
        _places.Dispose();
        _all.Dispose();
    }

    /// <summary>Who has one IPv6 address has its whole network of 64 bits.</summary>
    private static IPAddress Place(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? new([.. address.GetAddressBytes().AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]) : address;
    }

    private static TokenBucketRateLimiterOptions Bucket(int tokens, TimeSpan every) => new()
    {
        TokenLimit = tokens, TokensPerPeriod = 1, ReplenishmentPeriod = every, QueueLimit = 0, AutoReplenishment = true,
    };
}
