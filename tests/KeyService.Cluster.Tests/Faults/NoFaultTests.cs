using KeyService.Cluster.Tests.Speed;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

public sealed class NoFaultTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public Task With_nothing_broken_every_promise_holds_and_one_call_in_five_thousand_may_fail() => HoldsAsync(
        _ => Task.CompletedTask,
        also: operations =>
        {
            Print(Times.Of("SetStatus until COMPLETE", operations, operation => operation.Propagation == PropagationState.Complete));
            Print(Times.Of("ValidateKey", operations, operation => operation.Kind == OperationKind.Validate));
        });
}
