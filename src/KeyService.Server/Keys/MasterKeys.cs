namespace KeyService.Server.Keys;

/// <summary>The configured master keys. Every one of them verifies; the active one makes all that is made.</summary>
internal sealed class MasterKeys
{
    private readonly MasterKey[] _newestFirst;

    // By the generation's ASCII code: a look-up for each call that presents a key.
    private readonly MasterKey?[] _byGeneration = new MasterKey?[128];

    private volatile MasterKey _current;

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

        _current = _newestFirst[0];
    }

    /// <summary>
    /// The active one. It changes while the process runs: who needs it twice for one thing takes it once. The newest, until a store has been
    /// asked.
    /// </summary>
    public MasterKey Current => _current;

    public MasterKey Newest => _newestFirst[0];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<MasterKey> All => _newestFirst;

    /// <summary>Makes it the active one. When that is allowed is the matter of <c>Replication/Generations</c>.</summary>
    public void Activate(MasterKey key) => _current = key;

    public MasterKey? Find(char generation) => generation < _byGeneration.Length ? _byGeneration[generation] : null;
}
