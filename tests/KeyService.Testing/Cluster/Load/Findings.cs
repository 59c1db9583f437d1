using System.Text;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>What a load and its check brought, for people.</summary>
internal static class Findings
{
    public static void ShouldBeNone(IReadOnlyCollection<Violation> violations, string seed)
    {
        if (violations.Count == 0) return;
        var text = new StringBuilder();
        text.Append(violations.Count).Append(" violations, ").AppendLine(seed);
        foreach (var rule in violations.CountBy(violation => violation.Rule)) text.Append(rule.Key).Append(": ").Append(rule.Value).AppendLine();
        // The first of each rule: what came later may only be its consequence.
        foreach (var violation in violations.OrderBy(violation => violation.Operation.Invoked).DistinctBy(violation => violation.Rule)) text.Append(violation).AppendLine();
        throw new ShouldAssertException(text.ToString());
    }

    /// <summary>Numbers of a history: how much was tried, and how much was not answered.</summary>
    public static string Summary(IReadOnlyCollection<Operation> operations)
    {
        var changes = operations.Where(operation => operation.Kind == OperationKind.SetStatus).ToList();
        var validations = operations.Where(operation => operation.Kind == OperationKind.Validate).ToList();
        return $"{changes.Count} changes ({changes.Count(c => c.Propagation == PropagationState.Complete)} COMPLETE, "
            + $"{changes.Count(c => c.Propagation == PropagationState.Pending)} PENDING, {Errors(changes)}); "
            + $"{validations.Count} validations ({Errors(validations)})";
    }

    private static string Errors(IReadOnlyCollection<Operation> operations)
    {
        var codes = operations.Where(operation => !operation.IsOk).CountBy(operation => operation.Error).ToList();
        return codes.Count == 0 ? "no error" : string.Join(", ", codes.Select(code => $"{code.Value} {code.Key}"));
    }
}
