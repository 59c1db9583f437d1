using System.Collections.Frozen;
using System.Net;
using KeyService.Server.Keys;
using KeyService.Server.Observability;

namespace KeyService.Server.Grpc;

/// <summary>Which intermediaries are believed.</summary>
internal sealed record CallerAddressOptions
{
    /// <summary><c>KeyService:Console:KnownProxies</c>: from whom <c>X-Forwarded-For</c> is believed; none.</summary>
    public IReadOnlyList<IPAddress> KnownProxies { get; init; } = [];
}

/// <summary>
/// The address from which a credential is used, for its <c>allowed_addresses</c>: the person's, where a console signs it; else the one that known proxies
/// report; else the peer's.
/// </summary>
internal sealed class CallerAddress(CallerAddressOptions options, MasterKeys masterKeys, TimeProvider time, ILogger<CallerAddress> log)
{
    private readonly FrozenSet<IPAddress> _proxies = options.KnownProxies.Select(AddressText.Unmap).ToFrozenSet();
    private readonly PacedLog _refused = new(time, TimeSpan.FromMinutes(5));

    /// <summary>Null when it is not known: then a credential that lists addresses is not valid. A header that proves nothing is not passed over.</summary>
    public IPAddress? Of(HttpContext http, ReadOnlySpan<char> credential)
    {
        var headers = http.Request.Headers;
        var signed = headers[ForwardedAddress.Header];
        if (signed.Count == 0) return _proxies.Count == 0 ? http.Connection.RemoteIpAddress : BehindProxies(http.Connection.RemoteIpAddress, headers[ForwardedAddress.ProxyHeader]);

        var problem = "it is given more than once";
        if (signed.Count == 1 && ForwardedAddress.TryVerify(signed[0] ?? "", credential, masterKeys, time.GetUtcNow(), out var person, out problem)) return person;
        if (_refused.IsDue(out var calls)) Log.PersonAddressRefused(log, calls, problem);
        return null;
    }

    /// <summary>From the nearest on, as long as a known proxy names the one before it.</summary>
    private IPAddress? BehindProxies(IPAddress? peer, Microsoft.Extensions.Primitives.StringValues forwarded)
    {
        if (peer is null) return null;
        var (address, hops) = (AddressText.Unmap(peer), forwarded.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        for (var i = hops.Length - 1; i >= 0 && _proxies.Contains(address); i--)
        {
            // Some proxies add the port.
            if (!IPEndPoint.TryParse(hops[i], out var hop)) return null;
            address = AddressText.Unmap(hop.Address);
        }

        return address;
    }
}
