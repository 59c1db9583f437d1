using Grpc.Core;
using KeyService.Server.Keys;
using KeyService.Server.Observability;

namespace KeyService.Server.Grpc;

/// <summary>The one place for what goes wrong in a call: counted, logged once where it is the service's fault, told as the contract says.</summary>
internal sealed class CallFailures(Metrics metrics, OutageLog outages, OverloadLog overloads, ILogger<CallFailures> log)
{
    public RpcException Explain(string rpc, Exception exception, CancellationToken caller, long start)
    {
        if (exception is StoreUnavailableException outage) outages.Add(outage.Failure);
        if (exception is OverloadedException)
        {
            var isValidation = CallRules.Of(rpc).Class == CallClass.Validation;
            metrics.Refused(isValidation);
            overloads.Add(isValidation);
        }

        var error = GrpcErrors.From(exception, caller);
        if (error is null) Log.CallFailed(log, exception, rpc);
        error ??= GrpcErrors.Internal();
        metrics.Called(rpc, error.StatusCode.ToString(), start);
        return error;
    }
}
