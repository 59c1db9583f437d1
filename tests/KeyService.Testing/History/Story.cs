using System.Globalization;
using System.Text;
using System.Diagnostics;
using KeyService.Contracts.V1;

namespace KeyService.Testing.History;

/// <summary>What happened to a key, for people: every change that matters, and the answers beside the one in question.</summary>
internal static class Story
{
    private const int MostChanges = 12;
    private const int AnswersBefore = 6;
    private const int AnswersAfter = 3;

    /// <param name="operations">All of the key, by the time they were invoked.</param>
    /// <param name="about">The one in question.</param>
    public static string Tell(IReadOnlyList<Operation> operations, Operation about)
    {
        var at = 0;
        while (at < operations.Count && !ReferenceEquals(operations[at], about)) at++;
        var told = new List<Operation>();
        AddChanges(told, operations, about);
        AddAnswersBefore(told, operations, at, about);
        told.Add(about);
        AddAnswersAfter(told, operations, at, about);
        told.Sort((a, b) => a.Invoked.CompareTo(b.Invoked));

        var text = new StringBuilder();
        var start = operations[0].Invoked;
        foreach (var operation in told) text.Append(ReferenceEquals(operation, about) ? "  > " : "    ").AppendLine(Line(operation, start));
        return text.ToString();
    }

    private static void AddChanges(List<Operation> told, IReadOnlyList<Operation> operations, Operation about)
    {
        for (var i = operations.Count - 1; i >= 0 && told.Count < MostChanges; i--)
        {
            if (operations[i].IsChange && operations[i].Invoked <= about.Ended && !ReferenceEquals(operations[i], about)) told.Add(operations[i]);
        }
    }

    private static void AddAnswersBefore(List<Operation> told, IReadOnlyList<Operation> operations, int at, Operation about)
    {
        var found = 0;
        for (var i = at - 1; i >= 0 && found < AnswersBefore; i--)
        {
            if (operations[i].IsChange || operations[i].Replica != about.Replica) continue;
            told.Add(operations[i]);
            found++;
        }
    }

    private static void AddAnswersAfter(List<Operation> told, IReadOnlyList<Operation> operations, int at, Operation about)
    {
        var found = 0;
        for (var i = at + 1; i < operations.Count && found < AnswersAfter; i++)
        {
            if (operations[i].IsChange || operations[i].Replica != about.Replica) continue;
            told.Add(operations[i]);
            found++;
        }
    }

    private static string Line(Operation operation, long start)
    {
        var asked = operation.Kind == OperationKind.SetStatus ? $"SetStatus {operation.Status}" : operation.Kind.ToString();
        var answer = operation switch
        {
            { IsOk: false } => $"{operation.Outcome}: {operation.Error} {operation.ErrorText}",
            { Kind: OperationKind.Validate } => $"{operation.Verdict} @{operation.Revision}",
            { Kind: OperationKind.SetStatus, Propagation: PropagationState.Complete } => $"COMPLETE @{operation.Revision}",
            { Kind: OperationKind.SetStatus } => $"{operation.Propagation} @{operation.Revision}, effective at {Time(operation.EffectiveAt, start)}",
            _ => operation.Status.ToString(),
        };
        return $"{Time(operation.Invoked, start)} to {Time(operation.Ended, start)}  {operation.Client} at replica {operation.Replica}: {asked} -> {answer}";
    }

    private static string Time(long timestamp, long start) => timestamp == Operation.Never
        ? "never"
        : ((timestamp - start) * 1_000.0 / Stopwatch.Frequency).ToString("0.000", CultureInfo.InvariantCulture) + " ms";
}
