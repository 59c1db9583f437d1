using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.Testing.Faults;

namespace KeyService.Testing.Cluster.Rig;

/// <summary>A replica of the cluster: its ports and its way to Redis stay the same over all its lives.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly Func<Replica, ProcessStartInfo> _command;
    private readonly DatabaseFaultFile? _databaseFaults;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly GrpcChannel _channel;
    private ProcessLife? _process;
    private int _taken;

    /// <param name="number">From 0.</param>
    /// <param name="redis">Its own proxy before Redis.</param>
    /// <param name="database">Its own proxy before the database, where the engine has a socket.</param>
    /// <param name="databaseFaults">Read by its test hooks; null: it is not to have any.</param>
    /// <param name="command">How it is started, beside the settings that these say.</param>
    public Replica(int number, FaultProxy redis, FaultProxy? database, DatabaseFaultFile? databaseFaults, Func<Replica, ProcessStartInfo> command)
    {
        (Number, Redis, Database, _databaseFaults, _command) = (number, redis, database, databaseFaults, command);
        (HttpPort, GrpcPort) = Ports.FreePair();
        Http = new() { BaseAddress = new($"http://127.0.0.1:{HttpPort}") };
        // Asked again soon: a replica that is back must be found, and there is no other behind this channel.
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{GrpcPort}", new()
        {
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(20), MaxReconnectBackoff = TimeSpan.FromMilliseconds(100), MaxRetryAttempts = 1,
        });
        Client = new(_channel);
    }

    public int Number { get; }

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public FaultProxy Redis { get; }

    public FaultProxy? Database { get; }

    /// <summary>No retries.</summary>
    public ApiKeyService.ApiKeyServiceClient Client { get; }

    public HttpClient Http { get; }

    /// <summary>What all its lives wrote to their output and error streams.</summary>
    public IReadOnlyCollection<string> Output => _output;

    private ProcessLife Process => _process ?? throw new InvalidOperationException($"Replica {Number} was not started.");

    /// <summary>Ready does not wait for Redis.</summary>
    public Task WhenConnectedToRedisAsync() => Eventually.IsTrueAsync(() => HasSaid("Redis is connected"), $"replica {Number} is connected to Redis");

    /// <summary>The part of <see cref="Output"/> that was not taken before.</summary>
    public IReadOnlyList<string> TakeNewOutput()
    {
        var lines = _output.Skip(_taken).ToList();
        _taken += lines.Count;
        return lines;
    }

    /// <summary>Whether a line that it wrote, in any of its lives, contains the text.</summary>
    public bool HasSaid(string text) => TimesSaid(text) > 0;

    /// <summary>How many lines that it wrote, in all its lives, contain the text.</summary>
    public int TimesSaid(string text) => _output.Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    public async Task StartAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        var start = _command(this);
        if (_databaseFaults is { Setting: var (name, value) }) start.Environment[name] = value;
        _process = ProcessLife.Start(start, _output);
        await _process.WhenReadyAsync(StartBound);
    }

    /// <summary>Its way to the database, on any engine; takes <see cref="ClusterOptions.DatabaseFaults"/>.</summary>
    public void DatabaseFails(DatabaseFault fault) =>
        (_databaseFaults ?? throw new InvalidOperationException("The cluster was started without DatabaseFaults.")).Set(fault);

    public void DatabaseWorks() => DatabaseFails(DatabaseFault.None);

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>SIGSTOP: no thread of it runs, its sockets stay.</summary>
    public void Stop() => Process.Signal(Signals.Stop);

    /// <summary>SIGCONT.</summary>
    public void Continue() => Process.Signal(Signals.Continue);

    /// <summary>SIGTERM; returns the exit code, or throws when it takes longer than orchestrators wait.</summary>
    public Task<int> TerminateAsync()
    {
        Process.Signal(Signals.Terminate);
        return Process.WaitForExitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>SIGTERM and a new start.</summary>
    public async Task RestartAsync()
    {
        (await TerminateAsync()).ShouldBe(0);
        await StartAsync();
        // Ready is not yet found: a client waits up to 100 ms before it tries again, and the next to be restarted must not be the only other one.
        await _channel.ConnectAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>SIGKILL and a new start.</summary>
    public async Task KillAndStartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await EndAsync();
        }
        finally
        {
            if (_process is not null) await _process.DisposeAsync();
            _channel.Dispose();
            Http.Dispose();
            await Redis.DisposeAsync();
            if (Database is not null) await Database.DisposeAsync();
            _databaseFaults?.Dispose();
        }
    }

    private async Task EndAsync()
    {
        if (_process is null || _process.HasExited) return;
        // What a test that failed left broken would be taken for a stop that takes too long.
        _databaseFaults?.Set(DatabaseFault.None);
        // A stopped one does not hear anything else.
        Continue();
        await TerminateAsync();
    }
}
