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

    public KeyRecord? Record => key?.Record;

    /// <summary>The answer VALID as the wire layer made it before from the same record; null at first.</summary>
    public byte[]? KeptReply => key?.ValidReply;

    public void KeepReply(byte[] reply) => key!.ValidReply = reply;
}
