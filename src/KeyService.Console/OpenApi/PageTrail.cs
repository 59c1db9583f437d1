namespace KeyService.AdminConsole.OpenApi;

/// <summary>The pages that were shown of one list, in their order: the way back, whichever button the person takes.</summary>
internal sealed class PageTrail
{
    private readonly List<string> _pages = [];
    private KeyListAddress? _at;

    /// <summary>This one is shown. Of another list, or out of the order, the way back begins anew.</summary>
    public void Show(KeyListAddress address)
    {
        if (_at is not null && _at with { After = "" } != address with { After = "" }) _pages.Clear();
        if (!_pages.Contains(address.After)) _pages.Clear();
        if (_pages.Count == 0) _pages.Add(address.After);
        _at = address;
    }

    /// <summary>The page before; null: there is none, or it is not known, as after a reload.</summary>
    public string? Before(string after) => _pages.IndexOf(after) is > 0 and var index ? _pages[index - 1] : null;

    /// <summary>Which comes after which.</summary>
    public void Add(string after, string next)
    {
        var following = _pages.IndexOf(after) + 1;
        _pages.RemoveRange(following, _pages.Count - following);
        _pages.Add(next);
    }

    public void Clear() => _pages.Clear();
}
