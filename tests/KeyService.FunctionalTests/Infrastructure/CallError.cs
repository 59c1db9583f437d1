using System.Globalization;
using Google.Rpc;
using Grpc.Core;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>A failed call as the contract describes it: status, message and the details that came with it.</summary>
internal sealed record CallError(StatusCode Code, string Message, byte[] Status)
{
    public ErrorInfo? Info => Detail<ErrorInfo>();

    public string Reason => Info?.Reason ?? "";

    public RetryInfo? Retry => Detail<RetryInfo>();

    public PreconditionFailure? Precondition => Detail<PreconditionFailure>();

    /// <summary>The fields named by <c>BadRequest</c>, each once, in order.</summary>
    public IReadOnlyList<string> Fields =>
        [.. (Detail<BadRequest>()?.FieldViolations ?? []).Select(v => v.Field).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private Google.Rpc.Status Parsed => Google.Rpc.Status.Parser.ParseFrom(Status);

    /// <summary>Awaits a call that must fail.</summary>
    public static async Task<CallError> Of<T>(AsyncUnaryCall<T> call)
    {
        var failure = await Should.ThrowAsync<RpcException>(async () => await call);
        return From(failure);
    }

    public static CallError From(RpcException failure) => new(
        failure.StatusCode, failure.Status.Detail, failure.Trailers.GetValueBytes("grpc-status-details-bin") ?? []);

    /// <summary>The status, and an <c>ErrorInfo</c> of this service with the reason; the details agree with the status.</summary>
    public CallError ShouldBe(StatusCode code, string reason)
    {
        Code.ShouldBe(code, string.Create(CultureInfo.InvariantCulture, $"{Message}"));
        Reason.ShouldBe(reason);
        Info!.Domain.ShouldBe("keyservice");
        Parsed.Code.ShouldBe((int)code);
        Parsed.Message.ShouldBe(Message);
        return this;
    }

    /// <summary>INVALID_ARGUMENT for exactly these fields.</summary>
    public void ShouldBeInvalid(params string[] fields)
    {
        ShouldBe(StatusCode.InvalidArgument, "INVALID_FIELD");
        Fields.ShouldBe([.. fields.Order(StringComparer.Ordinal)]);
    }

    private T? Detail<T>()
        where T : class, Google.Protobuf.IMessage<T>, new() => Parsed.GetDetail<T>();
}
