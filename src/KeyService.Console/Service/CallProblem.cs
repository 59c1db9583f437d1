using Google.Rpc;
using Grpc.Core;

namespace KeyService.AdminConsole.Service;

/// <summary>Why the service did not do what was asked, in words for the person at the console.</summary>
public enum ProblemKind
{
    /// <summary>The service does not answer, or cannot now: trying again helps.</summary>
    Away,

    /// <summary>The session's credential does not hold any more.</summary>
    SignedOut,

    /// <summary>The credential may not do this here.</summary>
    NotAllowed,

    /// <summary>There is no such key in this workspace.</summary>
    NotFound,

    /// <summary>The key was changed by somebody else meanwhile.</summary>
    Stale,

    /// <summary>A field breaks a limit: <see cref="CallProblem.Fields"/>.</summary>
    Invalid,

    /// <summary>A page token that is of another list, or too old.</summary>
    BadPage,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>A call that failed.</summary>
public sealed class CallProblem(ProblemKind kind, string message, IReadOnlyDictionary<string, string> fields, Exception? inner = null)
    : Exception(message, inner)
{
    public ProblemKind Kind => kind;

    /// <summary>By the contract's field name: what is wrong with it.</summary>
    public IReadOnlyDictionary<string, string> Fields => fields;

    /// <summary>The connection failed. Its status may be any: of a certificate that is not trusted it is INTERNAL.</summary>
    public static CallProblem NotReached(RpcException error) => Away(new Dictionary<string, string>(StringComparer.Ordinal), error);

    public static CallProblem Of(RpcException error)
    {
        var status = error.GetRpcStatus();
        var reason = status?.GetDetail<ErrorInfo>()?.Reason ?? "";
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var violation in status?.GetDetail<BadRequest>()?.FieldViolations ?? []) fields.TryAdd(violation.Field, violation.Description);
        return (error.StatusCode, reason) switch
        {
            (StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted, _) => Away(fields, error),
            (StatusCode.Unauthenticated, _) => new(ProblemKind.SignedOut, "Your session has ended. Sign in again.", fields, error),
            (StatusCode.PermissionDenied, _) => new(ProblemKind.NotAllowed, "You do not have permission to do this in this workspace.", fields, error),
            (StatusCode.NotFound, _) => new(ProblemKind.NotFound, "There is no such key in this workspace.", fields, error),
            (StatusCode.Aborted, _) => new(ProblemKind.Stale, "Somebody else changed this key meanwhile.", fields, error),
            (StatusCode.InvalidArgument, "INVALID_PAGE_TOKEN") => new(ProblemKind.BadPage, "This page of the list is no longer there.", fields, error),
            (StatusCode.InvalidArgument, _) => new(ProblemKind.Invalid, Told(fields), fields, error),
            (StatusCode.AlreadyExists, _) => new(
                ProblemKind.Other, "The key was created already, as it was sent first: close this and look for it in the list.", fields, error),
            (StatusCode.FailedPrecondition, _) => new(ProblemKind.Other, "The API key of this key is not kept, so it cannot be shown again.", fields, error),
            _ => new(ProblemKind.Other, "The service could not do this.", fields, error),
        };
    }

    private static CallProblem Away(Dictionary<string, string> fields, RpcException error) =>
        new(ProblemKind.Away, "The service does not answer right now.", fields, error);

    private static string Told(Dictionary<string, string> fields) =>
        fields.Count == 0 ? "The request cannot be served as it is." : string.Join(' ', fields.Select(field => $"{field.Key} {field.Value}."));
}
