using KeyService.Server.Keys;

namespace KeyService.Server.Lookup;

/// <summary>
/// What a look-up came to: a key, none, or a failure that nobody has thrown yet. Thrown through the frames that await it, a failure costs as much as
/// several look-ups, and failures come in floods.
/// </summary>
internal readonly struct Finding
{
    private readonly CachedKey? _key;

    public Finding(CachedKey? key) => _key = key;

    private Finding(Exception failure) => Failure = failure;

    /// <summary>A <see cref="StoreUnavailableException"/> or an <see cref="OverloadedException"/>; null when the look-up came to an end.</summary>
    public Exception? Failure { get; }

    /// <summary>Null: there is no such key. Throws <see cref="Failure"/>.</summary>
    public CachedKey? Key => Failure is null ? _key : throw Failure;

    public static Finding Failed(Exception failure) => new(failure);
}
