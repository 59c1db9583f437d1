namespace KeyService.Server.Keys;

/// <summary>Why a management call was refused. The names are those of <c>error_reason.proto</c>, but for <c>ExpiryPast</c>: an INVALID_FIELD.</summary>
internal enum Refusal
{
    InvalidPageToken,
    InvalidConsistencyToken,
    ExpiryPast,
    MissingPermission,
    KeyNotFound,
    StaleEtag,
    RequestIdReused,
    NotRecoverable,
}

/// <summary>A call that cannot be done as asked. On the way of ValidateKey thrown for a forged consistency token alone.</summary>
internal sealed class RefusedException(Refusal reason, string subject = "") : Exception(reason.ToString())
{
    public Refusal Reason { get; } = reason;

    /// <summary>What the refusal is about, such as a key id; never a secret.</summary>
    public string Subject { get; } = subject;
}
