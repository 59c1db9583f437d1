using KeyService.Contracts.V1;

namespace KeyService.Testing.History;

/// <summary>I5 over a round of questions to everyone, asked while nobody changes anything: each replica says what the database says.</summary>
internal static class Agreement
{
    /// <param name="round">For each key a Get and, for each replica, a Validate.</param>
    public static List<Violation> Check(IReadOnlyList<Operation> round)
    {
        var violations = new List<Violation>();
        foreach (var key in HistoryChecker.ByKey(round))
        {
            if (FirstDisagreement(key) is { } found) violations.Add(new(Rule.I5, found.Why, found.Operation, Story.Tell(key, found.Operation)));
        }

        return violations;
    }

    private static (Operation Operation, string Why)? FirstDisagreement(List<Operation> key)
    {
        KeyStatus? status = null;
        long? revision = null;
        foreach (var operation in key)
        {
            if (!operation.IsOk) return (operation, $"{operation.KeyId}: replica {operation.Replica} does not answer: {operation.Error}");
            if (operation.Kind == OperationKind.Get) status ??= operation.Status;
        }

        foreach (var operation in key)
        {
            if (operation.Status != status) return (operation, $"{operation.KeyId}: replica {operation.Replica} says {operation.Status}, the database {status}");
            if (operation.Kind != OperationKind.Validate) continue;
            revision ??= operation.Revision;
            if (operation.Revision != revision)
                return (operation, $"{operation.KeyId}: replica {operation.Replica} is at revision {operation.Revision}, another at {revision}");
        }

        return null;
    }
}
