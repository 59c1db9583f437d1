using System.Globalization;
using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>An error of the contract as the headers of a gRPC answer, made once: what is refused in numbers must cost little.</summary>
internal sealed class WireError(RpcException error)
{
    public const string DetailsHeader = "grpc-status-details-bin";

    private readonly string _status = ((int)error.StatusCode).ToString(CultureInfo.InvariantCulture);
    private readonly string _message = error.Status.Detail;
    private readonly string? _details = error.Trailers.GetValueBytes(DetailsHeader) is { } details ? Convert.ToBase64String(details) : null;

    private readonly string? _pushback = error.Trailers.GetValue(RetryHints.PushbackHeader);

    public StatusCode Code { get; } = error.StatusCode;

    /// <summary>The whole answer to a call that the framework has not seen.</summary>
    public void Send(HttpResponse response)
    {
        response.ContentType = "application/grpc";
        Put(response.Headers);
        if (Code == StatusCode.Unimplemented) response.Headers["grpc-accept-encoding"] = "identity";
    }

    public void Put(IHeaderDictionary headers)
    {
        headers["grpc-status"] = _status;
        headers["grpc-message"] = _message;
        if (_details is not null) headers[DetailsHeader] = _details;
        if (_pushback is not null) headers[RetryHints.PushbackHeader] = _pushback;
    }
}
