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
    /// <summary>There is no such key, or none that the caller may know of.</summary>
    public static KeyVerdict NotFound => new(Verdict.NotFound, key: null);

    public Verdict Verdict { get; } = verdict;

    public bool HasKey => key is not null;

    /// <summary>Of the key; empty without one.</summary>
    public string KeyId => key?.KeyId ?? "";

    /// <summary>Of the key; 0 without one.</summary>
    public long Revision => key?.Revision ?? 0;

    /// <summary>What is to be said of the key when it is VALID. Only with a key.</summary>
    public ValidAnswer Answer => key!.Answer;
}
