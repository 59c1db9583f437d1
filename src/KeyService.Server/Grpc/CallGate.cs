using Grpc.Core;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// Admits calls of the contract, over gRPC and JSON, in one order: headers, credential, permission, permit, body. Whatever a call is refused for is known
/// before anything is held for it, and a refusal is sent at once. It stands behind <see cref="ValidateKeyAtOnce"/>, whose answers wait for nothing.
/// </summary>
internal sealed class CallGate(Callers callers, CallFailures failures, Metrics metrics, OverloadLog overloads, TimeProvider time)
{
    public Task InvokeAsync(HttpContext http, RequestDelegate next) =>
        http.GetEndpoint()?.Metadata.GetMetadata<CallRules>() is { } rules ? AdmitAsync(http, next, rules) : next(http);

    /// <summary>Nothing is read, and nothing is made that was not made before.</summary>
    public Task RefuseAsync(HttpContext http, string rpc, CallClass kind, RefusalCause cause)
    {
        metrics.Refused(kind == CallClass.Validation, cause);
        overloads.Add(kind == CallClass.Validation, cause);
        var error = cause switch
        {
            RefusalCause.CallerShare => FixedError.CallerShare,
            RefusalCause.Credential => FixedError.TooManyCredentials,
            _ => FixedError.Overloaded,
        };
        return SendAsync(http, rpc, error, kind, time.GetTimestamp());
    }

    private async Task AdmitAsync(HttpContext http, RequestDelegate next, CallRules rules)
    {
        var start = time.GetTimestamp();
        var isGrpc = JsonCalls.IsGrpcPath(http.Request.Path);
        if (isGrpc && !GrpcHeaders.AreOfGrpc(http.Request))
        {
            await next(http);
            return;
        }

        if (isGrpc && GrpcHeaders.Refuse(http.Request.Headers) is { } badHeaders)
        {
            Send(http, rules, badHeaders, start);
            return;
        }

        var check = await AuthenticateAsync(http, rules, isGrpc, start);
        if (check is null) return;
        if (check.Value.Refusal is { } refusal)
        {
            if (refusal == FixedError.TooManyCredentials) await RefuseAsync(http, rules.Rpc, rules.Class, RefusalCause.Credential);
            else await SendAsync(http, rules.Rpc, refusal, rules.Class, start);
            return;
        }

        var caller = check.Value.Caller;
        if (!rules.MayCall(caller.Rights, isGrpc ? null : http.Request.RouteValues["workspace_id"] as string))
        {
            await SendAsync(http, rules.Rpc, FixedError.MissingPermission, rules.Class, start);
            return;
        }

        using var permit = http.Features.GetRequiredFeature<CallPermits>().Take(rules.Class, caller.CredentialId, http, out var cause);
        if (permit is null)
        {
            await RefuseAsync(http, rules.Rpc, rules.Class, cause);
            return;
        }

        var authenticated = time.GetTimestamp();
        http.Features.Set(new AdmittedCall(caller, authenticated - start, authenticated));
        CurrentCaller.Id = caller.CredentialId;
        // Read-only where reading has begun: ValidateKey, whose limit is the listener's.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = rules.MaxMessageBytes + GrpcFrames.HeaderLength;
        if (isGrpc && await GrpcBodies.RefuseAsync(http, rules.MaxMessageBytes, time) is { } badBody)
        {
            Send(http, rules, badBody, time.GetTimestamp());
            return;
        }

        await next(http);
        // The permit bounds how many long answers are kept for clients that do not read.
        if (isGrpc) await ResponseBound.SendRestAsync(http);
    }

    /// <summary>Null when it failed, which the caller was answered.</summary>
    private async ValueTask<CallerCheck?> AuthenticateAsync(HttpContext http, CallRules rules, bool isGrpc, long start)
    {
        var deadline = DateTime.MaxValue;
        if (isGrpc && http.Request.Headers.GrpcTimeout is [{ } text] && GrpcTimeouts.TryRead(text, out var timeout)) deadline = time.GetUtcNow().UtcDateTime + timeout;
        var budget = rules.Class == CallClass.Validation ? CallBudgets.ForValidation(time, deadline) : CallBudgets.ForManagement(time, deadline);
        try
        {
            return await callers.CheckAsync(http, budget, http.RequestAborted);
        }
        catch (Exception e)
        {
            // As the framework answers it.
            if (e is StoreUnavailableException && deadline <= time.GetUtcNow().UtcDateTime) e = new RpcException(new(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
            var error = failures.Explain(rules.Rpc, e, http.RequestAborted, start);
            if (isGrpc) new WireError(error).Send(http.Response);
            else await JsonErrors.WriteAsync(http, error, JsonErrors.HttpStatusOf(error));
            return null;
        }
    }

    private Task SendAsync(HttpContext http, string rpc, FixedError error, CallClass kind, long start)
    {
        metrics.Called(rpc, error.Code.ToString(), start);
        return error.SendAsync(http, kind);
    }

    private void Send(HttpContext http, CallRules rules, WireError error, long start)
    {
        error.Send(http.Response);
        metrics.Called(rules.Rpc, error.Code.ToString(), start);
    }
}
