using System.Net;
using System.Net.Sockets;

namespace KeyService.AdminConsole.SignIn;

/// <summary>
/// Slows who tries one credential after the other: after five that did not hold, from one place, one more every ten seconds, until ten minutes passed without
/// one. Who signs in at once is never slowed.
/// </summary>
public sealed class SignInThrottle(TimeProvider time)
{
    private const int FreeFailures = 5;
    private const int MaxPlaces = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Place> _places = [];

    /// <summary>Null: not now. Dispose it when it is known whether the credential held.</summary>
    public Try? Begin(IPAddress? address)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var key = PlaceOf(address ?? IPAddress.None);
            if (!_places.TryGetValue(key, out var place))
            {
                if (_places.Count >= MaxPlaces) Forget(now);
                // More places than anybody has: a flood, which must not keep out who comes from a new one.
                if (_places.Count >= MaxPlaces && _places.Where(known => known.Value.UnderWay == 0).MinBy(known => known.Value.LastFailure).Key is { } oldest) _places.Remove(oldest);
                if (_places.Count >= MaxPlaces) return null;
                _places[key] = place = new();
            }

            if (place.UnderWay == 0 && now - place.LastFailure > Memory) place.Failures = 0;
            var isFree = place.Failures + place.UnderWay < FreeFailures;
            if (!isFree && (place.UnderWay > 0 || now - place.LastFailure < Pause)) return null;
            place.UnderWay++;
            return new(this, place);
        }
    }

    private void End(Place place, bool held)
    {
        lock (_lock)
        {
            place.UnderWay--;
            if (held) return;
            place.Failures++;
            place.LastFailure = time.GetUtcNow();
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (address, place) in _places)
        {
            if (place.UnderWay == 0 && now - place.LastFailure > Memory) _places.Remove(address);
        }
    }

    /// <summary>Who has one IPv6 address has its whole network of 64 bits.</summary>
    private static IPAddress PlaceOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? new([.. address.GetAddressBytes().AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]) : address;
    }

    /// <summary>One try to sign in.</summary>
    public sealed class Try : IDisposable
    {
        private readonly SignInThrottle _throttle;
        private readonly Place _place;

        internal Try(SignInThrottle throttle, Place place) => (_throttle, _place) = (throttle, place);

        /// <summary>Set when it is not one that failed: the credential held, or nobody could say.</summary>
        public bool Held { get; set; }

        public void Dispose() => _throttle.End(_place, Held);
    }

    /// <summary>What is known of one place.</summary>
    internal sealed class Place
    {
        public int Failures { get; set; }

        public int UnderWay { get; set; }

        public DateTimeOffset LastFailure { get; set; }
    }
}
