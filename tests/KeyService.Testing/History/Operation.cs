using Grpc.Core;
using KeyService.Contracts.V1;

namespace KeyService.Testing.History;

internal enum OperationKind
{
    Create,
    SetStatus,
    Validate,

    /// <summary>GetKey: read from the database, never from a cache.</summary>
    Get,
}

internal enum Outcome
{
    /// <summary>Answered.</summary>
    Ok,

    /// <summary>Refused: nothing was done.</summary>
    Fail,

    /// <summary>The answer was lost, or the call did not end: done, not done, or done later.</summary>
    Unknown,
}

/// <summary>One call of one client: asked for, then answered, refused or lost. Times are <see cref="System.Diagnostics.Stopwatch"/> timestamps of one host.</summary>
internal sealed record Operation
{
    /// <summary><see cref="Ended"/> of a call that nobody saw end.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Who asked; one call after the other.</summary>
    public required string Client { get; init; }

    /// <summary>Which replica was asked.</summary>
    public required int Replica { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>Empty for a CreateKey without an answer.</summary>
    public required string KeyId { get; init; }

    public required long Invoked { get; init; }

    public long Ended { get; init; } = Never;

    public Outcome Outcome { get; init; } = Outcome.Unknown;

    /// <summary>Asked for by SetStatus, given by CreateKey, read by GetKey, said by VALID and DISABLED; else unspecified.</summary>
    public KeyStatus Status { get; init; }

    /// <summary>Of a Validate that was answered.</summary>
    public Verdict Verdict { get; init; }

    /// <summary>0: the answer named none.</summary>
    public long Revision { get; init; }

    /// <summary>Of a SetStatus that was answered.</summary>
    public PropagationState Propagation { get; init; }

    /// <summary><c>effective_time</c> on this clock.</summary>
    public long EffectiveAt { get; init; } = Never;

    /// <summary>Of a call that was not answered.</summary>
    public StatusCode Error { get; init; }

    /// <summary>The service's own reason, that came with the error; empty: somebody else said it.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What came with the error.</summary>
    public string ErrorText { get; init; } = "";

    public bool IsOk => Outcome == Outcome.Ok;

    /// <summary>A CreateKey or SetStatus that happened or may have.</summary>
    public bool IsChange => Kind is OperationKind.Create or OperationKind.SetStatus && Outcome != Outcome.Fail;

    /// <summary>For calls invoked later than this, no replica may answer from an older record: promises 1 and 2.</summary>
    public long SettledAt => !IsOk ? Never : Kind switch
    {
        OperationKind.Create => Ended,
        OperationKind.SetStatus when Propagation == PropagationState.Complete => Math.Min(Ended, EffectiveAt),
        OperationKind.SetStatus => EffectiveAt,
        _ => Never,
    };

    public static KeyStatus StatusOf(Verdict verdict) => verdict switch
    {
        Verdict.Valid => KeyStatus.Enabled,
        Verdict.Disabled => KeyStatus.Disabled,
        _ => KeyStatus.Unspecified,
    };
}
