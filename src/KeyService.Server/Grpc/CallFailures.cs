using Grpc.Core;
using KeyService.Server.Keys;
using KeyService.Server.Observability;

namespace KeyService.Server.Grpc;

/// <summary>The one place for what goes wrong in a call: counted, logged once where it is the service's fault, told as the contract says.</summary>
internal sealed class CallFailures(Metrics metrics, OutageLog outages, FaultLog faults, OverloadLog overloads, ILogger<CallFailures> log)
{
    public RpcException Explain(string rpc, Exception exception, CancellationToken caller, long start)
    {
        var kind = CallRules.Of(rpc).Class;
        if (exception is StoreUnavailableException { IsPermanent: true } fault) faults.Add(fault.Failure);
        else if (exception is StoreUnavailableException outage) outages.Add(outage.Failure);
        if (exception is OverloadedException)
        {
            var isValidation = kind == CallClass.Validation;
            metrics.Refused(isValidation, RefusalCause.Full);
            overloads.Add(isValidation, RefusalCause.Full);
        }

        var error = GrpcErrors.From(exception, kind, caller);
        if (error is null) Log.CallFailed(log, exception, rpc);
        error ??= GrpcErrors.Internal();
        metrics.Called(rpc, error.StatusCode.ToString(), start);
        return error;
    }
}
