using System.Diagnostics.Metrics;
using KeyService.Server.Canary;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyService.Server.Tests.Fakes;

/// <summary>A canary with a key and two replicas, by name, in fake time.</summary>
internal sealed class CanaryRig
{
    private readonly Dictionary<string, FakeReplica> _replicas = new(StringComparer.Ordinal);

    public CanaryRig()
    {
        var clock = new DatabaseClock(Time);
        Table = new(Store, clock, Time);
        Metrics = new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        Calls = new(Connect);
        Round = new(Key, Calls, clock, Metrics, Samples.Metrics(Time), Time, Log);
        Rows = [Row("a"), Row("b")];
    }

    public TimerWatch Time { get; } = new(Samples.Now);

    public FakeReplicationStore Store { get; } = new();

    public ReplicaTable Table { get; }

    public FakeCanaryKey Key { get; } = new();

    public CanaryMetrics Metrics { get; }

    public ReplicaCalls Calls { get; }

    public CanaryRound Round { get; }

    public CanaryLog Log { get; } = new();

    public List<ReplicaRow> Rows { get; }

    public int Connections { get; private set; }

    /// <summary>The replica with this address, connected or not.</summary>
    public FakeReplica Replica(string address) => _replicas.TryGetValue(address, out var replica) ? replica : _replicas[address] = new(Key);

    public Task<RoundOutcome> RunAsync() => Round.RunAsync(Rows, CancellationToken.None);

    /// <summary>The first look at the key: from here on it is known, and the next round switches it.</summary>
    public async Task LookAsync() => (await RunAsync()).ShouldBe(RoundOutcome.StoodBy);

    public static ReplicaRow Row(string address, string? id = null) => new()
    {
        ReplicaId = id ?? "replica " + address, Beat = 1, Ticket = 1, Horizon = 0, LeaseMilliseconds = 30_000, Generations = "7", Address = address,
        StartTime = Samples.Now,
    };

    private FakeReplica? Connect(string address)
    {
        if (address == "nonsense") return null;
        Connections++;
        return Replica(address);
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class CanaryLog : ILogger<CanaryRound>, ILogger<CanaryLoop>
{
    public List<(LogLevel Level, string Text)> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((logLevel, formatter(state, exception)));
}
