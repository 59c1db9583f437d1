using System.Globalization;
using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>
/// A gRPC message over the limit, or one that cannot be read, is refused by the framework before the service sees it, without the details
/// that every error of the contract carries: they are added here.
/// </summary>
internal static class MessageLimits
{
    private const string Details = "grpc-status-details-bin";
    private static readonly string Exhausted = ((int)StatusCode.ResourceExhausted).ToString(CultureInfo.InvariantCulture);

    // The service itself never answers it: UNKNOWN is the framework's word for what failed before or around it.
    private static readonly string Unknown = ((int)StatusCode.Unknown).ToString(CultureInfo.InvariantCulture);

    public static Task TellTooLarge(HttpContext context, RequestDelegate next)
    {
        var call = next(context);
        if (!call.IsCompletedSuccessfully) return Await(call, context);
        Complete(context);
        return call;
    }

    private static async Task Await(Task call, HttpContext context)
    {
        await call;
        Complete(context);
    }

    // A refused call has sent nothing yet: its status is in the headers.
    private static void Complete(HttpContext context)
    {
        if (context.Response.HasStarted) return;
        var headers = context.Response.Headers;
        var isUnknown = headers["grpc-status"] == Unknown;
        if ((!isUnknown && headers["grpc-status"] != Exhausted) || headers.ContainsKey(Details)) return;

        var error = isUnknown ? GrpcErrors.UnreadableBody() : GrpcErrors.TooLarge();
        headers["grpc-status"] = ((int)error.StatusCode).ToString(CultureInfo.InvariantCulture);
        headers["grpc-message"] = error.Status.Detail;
        headers[Details] = Convert.ToBase64String(error.Trailers.GetValueBytes(Details)!);
    }
}
