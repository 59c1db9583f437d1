using KeyService.Server.Keys;
using KeyService.Server.Lookup;

namespace KeyService.Server.Validation;

/// <summary>The answer of ValidateKey, in the order in which they apply.</summary>
internal enum Verdict
{
    Valid,
    NotFound,
    Disabled,
    Expired,
    InsufficientScope,
    AddressNotAllowed,
}

/// <summary>A verdict and the key that it is about; none for <see cref="Verdict.NotFound"/>.</summary>
internal readonly struct KeyVerdict(Verdict verdict, CachedKey? key)
{
    private KeyVerdict(Exception failure)
        : this(default, key: null) => Failure = failure;

    /// <summary>There is no such key, or none that the caller may know of.</summary>
    public static KeyVerdict NotFound => new(Verdict.NotFound, key: null);

    public static KeyVerdict None(Exception failure) => new(failure);

    /// <summary>There is none: why not, to be told or thrown by whoever asked; null when there is one (<see cref="Finding"/>).</summary>
    public Exception? Failure { get; }

    /// <summary>Throws <see cref="Failure"/>.</summary>
    public Verdict Verdict => Failure is null ? verdict : throw Failure;

    public bool HasKey => key is not null;

    /// <summary>Of the key; empty without one.</summary>
    public string KeyId => key?.KeyId ?? "";

    /// <summary>Of the key; 0 without one.</summary>
    public long Revision => key?.Revision ?? 0;

    /// <summary>What is to be said of the key when it is VALID. Only with a key.</summary>
    public ValidAnswer Answer => key!.Answer;
}
