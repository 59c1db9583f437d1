using KeyService.Server.Canary;
using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Fakes;

/// <summary>The canary's key with a database of one row.</summary>
internal sealed class FakeCanaryKey : ICanaryKey
{
    public string Credential => "the canary's credential";

    public string Reason => CanaryKey.ReasonPrefix + "own";

    public KeyRecord Record { get; private set; } = Samples.Record(revision: 1, Workspaces.System);

    /// <summary>Null: COMPLETE; else PENDING until then.</summary>
    public DateTimeOffset? PendingUntil { get; set; }

    public Func<Task> BeforeSwitch { get; set; } = () => Task.CompletedTask;

    public bool IsAway { get; set; }

    public void SwitchedBy(string reason, KeyStatus status)
    {
        if (Record.Status != status) Record = Record with { Status = status, StatusReason = reason, Revision = Record.Revision + 1 };
    }

    public Task<KeyRecord> ReadAsync(CancellationToken cancellation) =>
        IsAway ? Task.FromException<KeyRecord>(new StoreUnavailableException(failure: "gone")) : Task.FromResult(Record);

    public async Task<(KeyRecord Key, PropagationReport Propagation)> SwitchAsync(string keyId, KeyStatus status, CancellationToken cancellation)
    {
        await BeforeSwitch();
        SwitchedBy(Reason, status);
        return (Record, new(PendingUntil is null, Record.Revision, PendingUntil ?? Samples.Now, 1, PendingUntil is null ? 0 : 1, ""));
    }
}

/// <summary>A replica that believes what the test says.</summary>
internal sealed class FakeReplica(FakeCanaryKey key) : IReplicaConnection
{
    /// <summary>What it takes the key for; the truth unless a test says otherwise.</summary>
    public Func<KeyStatus> Believes { get; set; } = () => key.Record.Status;

    public bool IsAway { get; set; }

    public string Cause => IsAway ? "gone away" : "";

    /// <summary>Runs behind each answer.</summary>
    public Action Answered { get; set; } = () => { };

    public int Asked { get; private set; }

    public bool IsClosed { get; private set; }

    public Task<Answer> AskAsync(string credential, CancellationToken cancellation)
    {
        credential.ShouldBe(key.Credential);
        IsClosed.ShouldBeFalse();
        Asked++;
        var answer = IsAway ? Answer.None : Believes() == KeyStatus.Enabled ? Answer.Accepted : Answer.Refused;
        Answered();
        return Task.FromResult(answer);
    }

    public void Dispose() => IsClosed = true;
}
