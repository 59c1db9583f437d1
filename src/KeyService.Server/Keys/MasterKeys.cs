namespace KeyService.Server.Keys;

/// <summary>The configured master keys. Every one of them verifies; which one makes new keys is decided where keys are made.</summary>
internal sealed class MasterKeys
{
    private readonly MasterKey[] _newestFirst;

    // By the generation's ASCII code: a look-up for each call that presents a key.
    private readonly MasterKey?[] _byGeneration = new MasterKey?[128];

    /// <exception cref="ArgumentException">There is none, or two have the same generation.</exception>
    public MasterKeys(IReadOnlyList<MasterKey> newestFirst)
    {
        if (newestFirst.Count == 0)
            throw new ArgumentException("There is no master key.", nameof(newestFirst));
        _newestFirst = [.. newestFirst];
        foreach (var key in _newestFirst)
        {
            if (_byGeneration[key.Generation] is not null)
                throw new ArgumentException($"Two master keys have generation '{key.Generation}'.", nameof(newestFirst));
            _byGeneration[key.Generation] = key;
        }
    }

    /// <summary>The newest.</summary>
    public MasterKey Current => _newestFirst[0];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<MasterKey> All => _newestFirst;

    public MasterKey? Find(char generation) => generation < _byGeneration.Length ? _byGeneration[generation] : null;
}
