using System.Diagnostics;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Tests.History;

/// <summary>Histories by hand, of one key, in milliseconds.</summary>
internal sealed class HistoryBuilder
{
    public const KeyStatus On = KeyStatus.Enabled;
    public const KeyStatus Off = KeyStatus.Disabled;

    private readonly List<Operation> _operations = [];
    private readonly List<FaultWindow> _faults = [];

    /// <summary>A key that was made from 0 to 10 ms.</summary>
    public static HistoryBuilder Key()
    {
        var builder = new HistoryBuilder();
        builder.Add("writer", 0, OperationKind.Create, 0, 10, operation => operation with { Outcome = Outcome.Ok, Status = On });
        return builder;
    }

    public HistoryBuilder Complete(KeyStatus status, int from, int to, long revision, string client = "writer") =>
        Add(client, 0, OperationKind.SetStatus, from, to, operation => operation with
        {
            Outcome = Outcome.Ok, Status = status, Revision = revision, Propagation = PropagationState.Complete,
        });

    public HistoryBuilder Pending(KeyStatus status, int from, int to, long revision, int effective, string client = "writer") =>
        Add(client, 0, OperationKind.SetStatus, from, to, operation => operation with
        {
            Outcome = Outcome.Ok, Status = status, Revision = revision, Propagation = PropagationState.Pending, EffectiveAt = Ms(effective),
        });

    public HistoryBuilder Lost(KeyStatus status, int from, int to, string client = "writer") =>
        Add(client, 0, OperationKind.SetStatus, from, to, operation => operation with { Status = status, Error = StatusCode.Unavailable });

    public HistoryBuilder Refused(KeyStatus status, int from, int to, StatusCode code) =>
        Add("writer", 0, OperationKind.SetStatus, from, to, operation => operation with { Outcome = Outcome.Fail, Status = status, Error = code });

    public HistoryBuilder Says(Verdict verdict, int from, int to, long revision, int replica = 0, string client = "validator") =>
        Add(client, replica, OperationKind.Validate, from, to, operation => operation with
        {
            Outcome = Outcome.Ok, Verdict = verdict, Status = Operation.StatusOf(verdict), Revision = revision,
        });

    public HistoryBuilder Valid(int from, int to, long revision, int replica = 0, string client = "validator") =>
        Says(Verdict.Valid, from, to, revision, replica, client);

    public HistoryBuilder Disabled(int from, int to, long revision, int replica = 0, string client = "validator") =>
        Says(Verdict.Disabled, from, to, revision, replica, client);

    public HistoryBuilder Fails(StatusCode code, int from, int to, int replica = 0) =>
        Add("validator", replica, OperationKind.Validate, from, to, operation => operation with { Error = code });

    public HistoryBuilder Database(KeyStatus status, int from, int to) =>
        Add("reader", 0, OperationKind.Get, from, to, operation => operation with { Outcome = Outcome.Ok, Status = status });

    public HistoryBuilder Broken(int from, int until, int? replica = null)
    {
        _faults.Add(new("fault", replica, Ms(from), Ms(until)));
        return this;
    }

    public HistoryBuilder Stalled(int from, int until)
    {
        _faults.Add(FaultWindow.Stall(Ms(from), Ms(until)));
        return this;
    }

    public void Holds(int spared = 0)
    {
        var found = HistoryChecker.Check(_operations, _faults, spared);
        if (found.Count > 0) throw new ShouldAssertException(string.Join('\n', found));
    }

    public void Breaks(Rule rule, int spared = 0)
    {
        var violation = HistoryChecker.Check(_operations, _faults, spared).ShouldHaveSingleItem();
        violation.Rule.ShouldBe(rule, violation.ToString());
        violation.Story.ShouldContain("  > ");
    }

    private static long Ms(int milliseconds) => milliseconds * (Stopwatch.Frequency / 1_000);

    private HistoryBuilder Add(string client, int replica, OperationKind kind, int from, int to, Func<Operation, Operation> with)
    {
        _operations.Add(with(new() { Client = client, Replica = replica, Kind = kind, KeyId = "key_1", Invoked = Ms(from), Ended = Ms(to) }));
        return this;
    }
}
