using System.Net;

namespace KeyService.Server.Keys;

/// <summary>The addresses from which a key may be used, parsed once when the key is loaded.</summary>
internal sealed class AddressList
{
    private readonly AddressRange[] _ranges;

    /// <param name="canonicalTexts">As stored. One that does not parse allows nobody, and the list does not count as empty for it: a damaged
    /// row must not open a key to the world, nor stop the loading of others.</param>
    public AddressList(IReadOnlyList<string> canonicalTexts)
    {
        IsEmpty = canonicalTexts.Count == 0;
        var ranges = new List<AddressRange>(canonicalTexts.Count);
        foreach (var text in canonicalTexts)
        {
            if (AddressRange.TryParse(text, out var range, out _))
                ranges.Add(range);
        }

        _ranges = [.. ranges];
    }

    /// <summary>No addresses are listed: any may use the key.</summary>
    public bool IsEmpty { get; }

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
