using System.Diagnostics;
using Grpc.Core;

namespace KeyService.Testing.History;

/// <summary>
/// Says which promises a history breaks. Pure: the same operations give the same answer. Each key by itself (<see cref="KeyRules"/>),
/// and errors by the faults that excuse them.
/// </summary>
internal static class HistoryChecker
{
    /// <summary>How long errors may go on after a fault has ended: 5 s.</summary>
    public static readonly long Grace = 5 * Stopwatch.Frequency;

    /// <param name="operations">What clients saw.</param>
    /// <param name="faults">What was broken meanwhile, stalls of the machine too.</param>
    /// <param name="spared">
    /// So many outages outside of faults say more of a machine that everything runs on than of the service. Never a verdict, and never an
    /// answer.
    /// </param>
    public static List<Violation> Check(IReadOnlyList<Operation> operations, IReadOnlyList<FaultWindow> faults, int spared = 0)
    {
        var (violations, outages) = (new List<Violation>(), new List<Violation>());
        foreach (var key in ByKey(operations))
        {
            CheckErrors(key, faults, violations, outages);
            // Without an answer to CreateKey nobody knows the key.
            if (key[0].KeyId.Length > 0) new KeyRules(key).Check(violations);
        }

        if (outages.Count > spared) violations.AddRange(outages);
        return violations;
    }

    /// <summary>Each key's operations by the time they were invoked.</summary>
    public static List<List<Operation>> ByKey(IEnumerable<Operation> operations)
    {
        var keys = new Dictionary<string, List<Operation>>(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            if (!keys.TryGetValue(operation.KeyId, out var key)) keys[operation.KeyId] = key = [];
            key.Add(operation);
        }

        foreach (var key in keys.Values) key.Sort((a, b) => a.Invoked.CompareTo(b.Invoked));
        return [.. keys.Values];
    }

    /// <summary>I2: an outage is not a verdict, and is an answer only while there is one.</summary>
    private static void CheckErrors(List<Operation> key, IReadOnlyList<FaultWindow> faults, List<Violation> violations, List<Violation> outages)
    {
        foreach (var operation in key)
        {
            if (operation.IsOk) continue;
            if (!IsOutage(operation.Error))
                violations.Add(new(Rule.I2, $"{operation.Error} is a verdict, and the caller and the key are good", operation, Story.Tell(key, operation)));
            else if (!IsExcused(operation, faults))
                outages.Add(new(
                    Rule.I2, $"{operation.Error}, and nothing is broken or was just before", operation, Story.Tell(key, operation)));
        }
    }

    /// <summary>What a caller sees of a service that does not answer; INTERNAL and UNKNOWN are what gRPC makes of a torn connection.</summary>
    private static bool IsOutage(StatusCode code) =>
        code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown;

    private static bool IsExcused(Operation operation, IReadOnlyList<FaultWindow> faults)
    {
        foreach (var fault in faults)
        {
            if (fault.Excuses(operation)) return true;
        }

        return false;
    }
}
