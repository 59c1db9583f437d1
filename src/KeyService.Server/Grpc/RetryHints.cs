using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>When a call that failed for a while is worth repeating: the same delay in each of the three forms that clients understand.</summary>
internal static class RetryHints
{
    /// <summary>The trailer by which gRPC clients with a retry policy wait exactly as long as the server asks (gRFC A6).</summary>
    public const string PushbackHeader = "grpc-retry-pushback-ms";

    /// <summary>
    /// A caller of ValidateKey has the 200 ms of <c>KeyService:ValidateBudget</c> and little more: with 25 ms a retry fits behind an answer that used them up,
    /// in a deadline of 250 ms.
    /// </summary>
    private static readonly TimeSpan Validation = TimeSpan.FromMilliseconds(25);

    /// <summary>A portal waits for seconds.</summary>
    private static readonly TimeSpan Management = TimeSpan.FromSeconds(1);

    public static TimeSpan DelayOf(CallClass kind) => kind == CallClass.Validation ? Validation : Management;

    public static RetryInfo Detail(CallClass kind) => new() { RetryDelay = Duration.FromTimeSpan(DelayOf(kind)) };

    /// <summary>The error with the trailer.</summary>
    public static RpcException Add(CallClass kind, RpcException error)
    {
        error.Trailers.Add(PushbackHeader, ((int)DelayOf(kind).TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        return error;
    }

    /// <summary>
    /// The value of <c>Retry-After</c>; null when a retry does not help. HTTP counts whole seconds: a delay below one is 0, because a second is more than a
    /// validation may wait. <c>RetryInfo</c> in the body has the exact delay.
    /// </summary>
    public static string? RetryAfterOf(RpcException error) =>
        error.GetRpcStatus()?.GetDetail<RetryInfo>() is { } retry ? retry.RetryDelay.Seconds.ToString(CultureInfo.InvariantCulture) : null;
}
