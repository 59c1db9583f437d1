using System.Net;

namespace KeyService.Server.Keys;

/// <summary>The addresses from which a key may be used, parsed once when the key is loaded.</summary>
internal sealed class AddressList
{
    private static readonly AddressList Empty = new([]);

    private readonly AddressRange[] _ranges;

    private AddressList(AddressRange[] ranges) => _ranges = ranges;

    /// <param name="canonicalTexts">As stored. One that does not parse becomes a range that holds nobody: a damaged row must not open a key to
    /// the world, nor stop the loading of others.</param>
    public static AddressList Of(IReadOnlyList<string> canonicalTexts) => canonicalTexts.Count == 0
        ? Empty
        : new([.. canonicalTexts.Select(text => AddressRange.TryParse(text, out var range, out _) ? range : default)]);

    /// <summary>No addresses are listed: any may use the key.</summary>
    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>What makes the same list.</summary>
    public IEnumerable<string> Texts => _ranges.Select(range => range.ToString());

    /// <param name="client">Null when the caller did not name one: refused unless the list is empty.</param>
    public bool Allows(IPAddress? client)
    {
        if (IsEmpty)
            return true;
        if (client is null)
            return false;
        foreach (ref readonly var range in _ranges.AsSpan())
        {
            if (range.Contains(client))
                return true;
        }

        return false;
    }
}
