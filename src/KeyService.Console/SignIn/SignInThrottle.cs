using System.Net;
using System.Net.Sockets;

namespace KeyService.AdminConsole.SignIn;

/// <summary>
/// Slows who tries one credential after the other: after five that did not hold, from one place, every further "no" comes ten seconds late, until ten minutes
/// passed without one. What holds is never slowed and never refused untried: a place may be a whole office, with somebody in it who tries without end, and no
/// number of tries finds one of 2^136 credentials.
/// </summary>
public sealed class SignInThrottle(TimeProvider time)
{
    private const int FreeFailures = 5;
    private const int MaxPlaces = 10_000;

    /// <summary>Of one place, and of all: what waits has a connection and memory.</summary>
    private const int MaxWaiting = 5;

    private const int MaxWaitingInAll = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Place> _places = [];
    private int _waiting;

    /// <summary>After a try that did not hold: returns when it may be told.</summary>
    /// <returns>False, at once: too many of its place wait already.</returns>
    public async Task<bool> FailAsync(IPAddress? address)
    {
        Place place;
        lock (_lock)
        {
            place = Find(PlaceOf(address ?? IPAddress.None));
            if (place.Failures < FreeFailures)
            {
                place.Failures++;
                return true;
            }

            if (place.Waiting == MaxWaiting || _waiting == MaxWaitingInAll) return false;
            place.Waiting++;
            _waiting++;
        }

        // Also of who does not wait for it: they would have the next answer sooner.
        await Task.Delay(Pause, time);
        lock (_lock)
        {
            place.Waiting--;
            _waiting--;
        }

        return true;
    }

    private Place Find(IPAddress address)
    {
        var now = time.GetUtcNow();
        if (!_places.TryGetValue(address, out var place))
        {
            if (_places.Count >= MaxPlaces) Forget(now);
            // More places than anybody has: a flood, which must not keep out who comes from a new one.
            if (_places.Count >= MaxPlaces) _places.Remove(_places.MinBy(known => known.Value.LastFailure).Key);
            _places[address] = place = new();
        }

        if (now - place.LastFailure > Memory) place.Failures = 0;
        place.LastFailure = now;
        return place;
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (address, place) in _places)
        {
            if (now - place.LastFailure > Memory) _places.Remove(address);
        }
    }

    /// <summary>Who has one IPv6 address has its whole network of 64 bits.</summary>
    private static IPAddress PlaceOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? new([.. address.GetAddressBytes().AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]) : address;
    }

    /// <summary>What is known of one place.</summary>
    private sealed class Place
    {
        public int Failures { get; set; }

        public int Waiting { get; set; }

        public DateTimeOffset LastFailure { get; set; }
    }
}
