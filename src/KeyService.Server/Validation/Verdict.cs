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
internal readonly record struct KeyVerdict(Verdict Verdict, CachedKey? Key)
{
    public static readonly KeyVerdict NotFound = new(Verdict.NotFound, null);
}
