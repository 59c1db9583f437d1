using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>
/// The errors of the contract. Each says what is wrong in words of its own: no exception's text, SQL state, host name or stack ever
/// reaches a client.
/// </summary>
internal static class GrpcErrors
{
    public const string ExpiryPast = "must be in the future";

    private const string Domain = "keyservice";

    /// <summary>Errors travel in HTTP headers: clients refuse more than about 8 KiB of them, and some the whole connection.</summary>
    private const int MaxViolationText = 3_500;

    private const int ViolationsInMessage = 3;

    /// <summary>The messages that may be details of an error: JSON needs to know them by name.</summary>
    public static IReadOnlyList<Google.Protobuf.Reflection.MessageDescriptor> DetailTypes { get; } =
        [ErrorInfo.Descriptor, BadRequest.Descriptor, PreconditionFailure.Descriptor, RetryInfo.Descriptor];

    public static RpcException NoCredential() => Error(
        StatusCode.Unauthenticated, ErrorReason.NoCredential, "The call carries no credential: `authorization: Bearer <credential>`.");

    public static RpcException BadCredential() => Error(
        StatusCode.Unauthenticated, ErrorReason.BadCredential, "The credential does not hold.");

    public static RpcException MissingPermission() => Error(
        StatusCode.PermissionDenied, ErrorReason.MissingPermission, "The credential lacks the permission for that workspace.");

    public static RpcException InvalidFields(IReadOnlyList<(string Field, string Problem)> violations)
    {
        var request = new BadRequest();
        var size = 0;
        foreach (var (field, problem) in violations)
        {
            size += field.Length + problem.Length;
            if (size > MaxViolationText) break;
            request.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = problem });
        }

        var untold = violations.Count - request.FieldViolations.Count;
        if (untold > 0)
            request.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = "...", Description = $"and {untold} more" });
        var told = violations.Take(ViolationsInMessage).Select(v => $"`{v.Field}` {v.Problem}.");
        var more = violations.Count - ViolationsInMessage;
        return Error(
            StatusCode.InvalidArgument, ErrorReason.InvalidField, string.Join(' ', told) + (more > 0 ? $" And {more} more." : ""), request);
    }

    public static RpcException TooLarge() => Error(
        StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge, "The message is too large.");

    public static RpcException HeadersTooLarge() => Error(
        StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge, $"The headers are too large: at most {HeaderLimits.MaxCount} of them, and {HeaderLimits.MaxBytes} bytes together.");

    public static RpcException AnswersTooLarge() => Error(
        StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge, "The answers are longer than 4 MiB together: ask for fewer API keys at once.");

    public static RpcException Overloaded(CallClass kind) => RetryHints.Add(kind, Error(
        StatusCode.ResourceExhausted, ErrorReason.Overloaded, "Too many calls of this kind are under way.", RetryHints.Detail(kind)));

    public static RpcException Cancelled() => new(new global::Grpc.Core.Status(StatusCode.Cancelled, "The call was cancelled."));

    /// <summary>Whether the same call would fail again because of its size.</summary>
    public static bool IsTooLarge(RpcException error) => error.StatusCode == StatusCode.ResourceExhausted
        && error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason == ReasonName(ErrorReason.MessageTooLarge);

    public static RpcException CallerShareTaken(CallClass kind) => RetryHints.Add(kind, Error(
        StatusCode.ResourceExhausted, ErrorReason.Overloaded, "This caller has its share of the calls of this kind under way.", RetryHints.Detail(kind)));

    public static RpcException TooManyCredentials(CallClass kind) => RetryHints.Add(kind, Error(
        StatusCode.ResourceExhausted, ErrorReason.Overloaded, "Too many credentials are being checked.", RetryHints.Detail(kind)));

    public static RpcException IssuerUnavailable(CallClass kind) => RetryHints.Add(kind, Error(
        StatusCode.Unavailable, ErrorReason.IssuerUnavailable, "The issuer of the credential is needed and does not answer.", RetryHints.Detail(kind)));

    public static RpcException Compressed() => new(new global::Grpc.Core.Status(StatusCode.Unimplemented, "Compressed requests are not accepted."));

    /// <summary>Null for an exception that is a fault of the service.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <param name="kind">The class of the call: it decides when a retry is worth it.</param>
    /// <param name="caller">Cancelled when the caller has given up.</param>
    public static RpcException? From(Exception exception, CallClass kind, CancellationToken caller) => exception switch
    {
        RpcException known => known,
        RefusedException refused => From(refused),
        StoreUnavailableException { IsPermanent: true } => Internal(),
        StoreUnavailableException => RetryHints.Add(kind, Error(
            StatusCode.Unavailable, ErrorReason.StoreUnavailable, "The database is needed and does not answer.", RetryHints.Detail(kind))),
        IssuerUnavailableException => IssuerUnavailable(kind),
        OverloadedException => Overloaded(kind),
        OperationCanceledException when caller.IsCancellationRequested => Cancelled(),
        _ => null,
    };

    public static RpcException Internal() => new(new global::Grpc.Core.Status(StatusCode.Internal, "Internal error."));

    private static RpcException From(RefusedException refused) => refused.Reason switch
    {
        Refusal.InvalidPageToken => Error(
            StatusCode.InvalidArgument, ErrorReason.InvalidPageToken,
            "The page token is damaged, or was made for another caller, workspace, filter or order."),
        Refusal.InvalidConsistencyToken => Error(
            StatusCode.InvalidArgument, ErrorReason.InvalidConsistencyToken, "The consistency token is damaged, or was never given out."),
        Refusal.ExpiryPast => InvalidFields([("expire_time", ExpiryPast)]),
        Refusal.MissingPermission => MissingPermission(),
        Refusal.KeyNotFound => Error(StatusCode.NotFound, ErrorReason.KeyNotFound, "No such key in this workspace."),
        Refusal.StaleEtag => Error(
            StatusCode.Aborted, ErrorReason.StaleEtag, "The key has changed since this etag was read: read it again and decide."),
        Refusal.RequestIdReused => Error(
            StatusCode.AlreadyExists, ErrorReason.RequestIdReused, "This request id was used for a different request within 24 hours."),
        Refusal.NotRecoverable => Error(
            StatusCode.FailedPrecondition, ErrorReason.NotRecoverable, "The API key of this key is not kept.", new PreconditionFailure
            {
                Violations =
                {
                    new PreconditionFailure.Types.Violation
                    {
                        Type = "RECOVERABLE", Subject = refused.Subject, Description = "It was created non-recoverable, or the service is set not to show API keys of this workspace.",
                    },
                },
            }),
        _ => Internal(),
    };

    private static RpcException Error(StatusCode code, ErrorReason reason, string message, params IMessage[] details)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = Domain, Reason = ReasonName(reason) }));
        foreach (var detail in details) status.Details.Add(Any.Pack(detail));
        return status.ToRpcException();
    }

    /// <summary><c>ERROR_REASON_KEY_NOT_FOUND</c> without its prefix.</summary>
    private static string ReasonName(ErrorReason reason) =>
        ErrorReasonReflection.Descriptor.EnumTypes[0].FindValueByNumber((int)reason).Name["ERROR_REASON_".Length..];
}
