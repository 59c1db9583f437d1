using System.Diagnostics;
using System.Globalization;
using KeyService.Cluster.Tests.History;
using KeyService.Contracts.V1;

namespace KeyService.Cluster.Tests.Faults;

public sealed class NoFaultTests(ITestOutputHelper output) : FaultTest(output)
{
    private protected override bool RunsAlways => true;

    [Fact]
    public Task With_nothing_broken_every_promise_holds_and_nothing_fails() => HoldsAsync(
        _ => Task.CompletedTask,
        also: operations =>
        {
            PrintTimes("SetStatus until COMPLETE", operations, operation => operation.Propagation == PropagationState.Complete);
            PrintTimes("ValidateKey", operations, operation => operation.Kind == OperationKind.Validate);
        });

    /// <summary>Printed, never asserted: a test machine is not the machine that the promise of speed is about.</summary>
    private void PrintTimes(string what, IReadOnlyList<Operation> operations, Func<Operation, bool> isOne)
    {
        var times = new List<double>();
        foreach (var operation in operations)
        {
            if (operation.IsOk && isOne(operation)) times.Add(Stopwatch.GetElapsedTime(operation.Invoked, operation.Ended).TotalMilliseconds);
        }

        times.Sort();
        if (times.Count == 0) return;
        Print(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: median {times[times.Count / 2]:0.0} ms, p99 {times[times.Count * 99 / 100]:0.0} ms, most {times[^1]:0.0} ms, of {times.Count}"));
    }
}
