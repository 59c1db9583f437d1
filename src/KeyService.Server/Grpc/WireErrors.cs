using System.Globalization;
using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>
/// A gRPC message that is too large, or none, is refused by the framework before the service sees it, without the details that errors of
/// the contract carry: they are put in their place here.
/// </summary>
internal static class WireErrors
{
    private static readonly string Exhausted = ((int)StatusCode.ResourceExhausted).ToString(CultureInfo.InvariantCulture);

    // The service itself never answers UNKNOWN: this is a message that does not parse.
    private static readonly string Unknown = ((int)StatusCode.Unknown).ToString(CultureInfo.InvariantCulture);

    private static readonly WireError TooLarge = new(GrpcErrors.TooLarge());
    private static readonly WireError Unreadable = new(GrpcErrors.InvalidFields([("body", "could not be read")]));

    public static Task Explain(HttpContext context, RequestDelegate next)
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
        // Health and reflection are not of the contract.
        if (context.Response.HasStarted || context.GetEndpoint()?.Metadata.GetMetadata<CallRules>() is null) return;
        var headers = context.Response.Headers;
        var status = headers["grpc-status"];
        if (status.Count == 0 || headers.ContainsKey(WireError.DetailsHeader)) return;

        if (status == Exhausted) TooLarge.Put(headers);
        else if (status == Unknown) Unreadable.Put(headers);
    }
}
