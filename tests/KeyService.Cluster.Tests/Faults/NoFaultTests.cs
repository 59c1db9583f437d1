using KeyService.Testing.Cluster.Rig;
using KeyService.Testing.Cluster.Load;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

public sealed class NoFaultTests(ITestOutputHelper output) : FaultTest(output)
{
    /// <summary>On a cluster of its own: no fault of another test excuses anything.</summary>
    [Fact]
    public async Task With_nothing_broken_every_promise_holds_and_one_call_in_five_thousand_may_fail()
    {
        await using var rig = await SharedRig.StartOwnAsync();
        await HoldsOnAsync(rig, _ => Task.CompletedTask, operations =>
        {
            Print(Times.Of("SetStatus until COMPLETE", operations, operation => operation.Propagation == PropagationState.Complete));
            Print(Times.Of("ValidateKey", operations, operation => operation.Kind == OperationKind.Validate));
        });
    }
}
