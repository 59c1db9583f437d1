using Google.Rpc;
using Grpc.Core;
using KeyService.Testing.Cluster.Rig;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>A client whose every call is written down. One call after the other, no retries.</summary>
internal sealed class RecordedClient(string name, ClusterRig rig, OperationLog log)
{
    /// <summary>Also how long a ValidateKey may take at the server.</summary>
    private static readonly TimeSpan ValidateDeadline = DatabaseSpeed.Longer(TimeSpan.FromSeconds(1), connections: 4);

    /// <summary>Longer than a SIGSTOP of 3 s: a change behind a stopped one is slow, not lost.</summary>
    private static readonly TimeSpan ChangeDeadline = DatabaseSpeed.Longer(TimeSpan.FromSeconds(5), connections: 8);

    public string Name => name;

    /// <summary>Null: no answer.</summary>
    public async Task<LoadKey?> CreateAsync(int replica, string workspace, string keyName)
    {
        var operation = Begin(replica, OperationKind.Create, "") with { Status = KeyStatus.Enabled };
        LoadKey? key = null;
        log.Add(await CallAsync(operation, async () =>
        {
            var answer = await rig[replica].Client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = keyName }, Options(ChangeDeadline));
            key = new(workspace, answer.Key.KeyId, answer.ApiKey);
            return operation with { KeyId = answer.Key.KeyId };
        }));
        return key;
    }

    public async Task<Operation> SetStatusAsync(int replica, LoadKey key, KeyStatus status)
    {
        var operation = Begin(replica, OperationKind.SetStatus, key.KeyId) with { Status = status };
        var ended = await CallAsync(operation, async () =>
        {
            var answer = await rig[replica].Client.SetStatusAsync(
                new() { WorkspaceId = key.WorkspaceId, KeyId = key.KeyId, Status = status }, Options(ChangeDeadline));
            answer.Key.Status.ShouldBe(status);
            return operation with
            {
                Propagation = answer.Propagation.State,
                Revision = answer.Propagation.Revision,
                EffectiveAt = log.Clock.At(answer.Propagation.EffectiveTime.ToDateTimeOffset()),
            };
        });
        log.Add(ended);
        return ended;
    }

    public async Task<Operation> ValidateAsync(int replica, LoadKey key)
    {
        var operation = Begin(replica, OperationKind.Validate, key.KeyId);
        var ended = await CallAsync(operation, async () =>
        {
            var answer = await rig[replica].Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, Options(ValidateDeadline));
            return operation with { Verdict = answer.Verdict, Status = Operation.StatusOf(answer.Verdict), Revision = answer.Revision };
        });
        log.Add(ended);
        return ended;
    }

    public async Task<Operation> GetAsync(int replica, LoadKey key)
    {
        var operation = Begin(replica, OperationKind.Get, key.KeyId);
        var ended = await CallAsync(operation, async () =>
        {
            var answer = await rig[replica].Client.GetKeyAsync(new() { WorkspaceId = key.WorkspaceId, KeyId = key.KeyId }, Options(ChangeDeadline));
            return operation with { Status = answer.Key.Status };
        });
        log.Add(ended);
        return ended;
    }

    private static async Task<Operation> CallAsync(Operation operation, Func<Task<Operation>> call)
    {
        try
        {
            var answered = await call();
            return answered with { Ended = MonotonicClock.Now, Outcome = Outcome.Ok };
        }
        catch (RpcException e)
        {
            var reason = e.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "";
            return operation with
            {
                Ended = MonotonicClock.Now,
                Outcome = IsRefusal(e.StatusCode) ? Outcome.Fail : Outcome.Unknown,
                Error = e.StatusCode,
                Reason = reason,
                ErrorText = $"{reason} {e.Status.Detail}",
            };
        }
    }

    /// <summary>Said before anything is done; of every other error nobody knows.</summary>
    private static bool IsRefusal(StatusCode code) => code is StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.Aborted
        or StatusCode.AlreadyExists or StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.FailedPrecondition
        or StatusCode.ResourceExhausted or StatusCode.Unimplemented;

    private Operation Begin(int replica, OperationKind kind, string keyId) =>
        new() { Client = name, Replica = replica, Kind = kind, KeyId = keyId, Invoked = MonotonicClock.Now };

    private CallOptions Options(TimeSpan deadline) => new(rig.Root, TimeProvider.System.GetUtcNow().UtcDateTime + deadline);
}
