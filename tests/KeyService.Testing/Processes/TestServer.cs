using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;

namespace KeyService.Testing;

/// <summary>
/// A real server on loopback, in a process of its own or in the process of the tests. Disposing it fails when it logged an error
/// that the test does not expect.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    /// <summary>A busy test machine is slower than the 200 ms that a validation may take; those have tests of their own.</summary>
    private static readonly (string Name, string Value) Patient = ("KeyService__ValidateBudget", "00:00:10");

    /// <summary>
    /// Settings of the runtime for a process that ends before optimized code is worth its compilation: a start takes a tenth less CPU time.
    /// The delay, hexadecimal and in milliseconds, is longer than any test.
    /// </summary>
    public static readonly (string Name, string Value)[] ShortLived =
        [("DOTNET_TC_CallCountingDelayMs", "36EE80"), ("DOTNET_TieredPGO", "0")];

    /// <summary>Tells other processes where this one's gRPC port is.</summary>
    public static readonly (string Name, string Value) Advertised = ("KeyService__AdvertisedAddress", "127.0.0.1:{grpc}");

    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly IServerLife _life;
    private readonly GrpcChannel _channel;

    private TestServer(TestStore store, int httpPort, int grpcPort, Func<ConcurrentQueue<string>, IServerLife> start)
    {
        Store = store;
        HttpAddress = new($"http://127.0.0.1:{httpPort}");
        GrpcAddress = new($"http://127.0.0.1:{grpcPort}");
        _channel = GrpcChannel.ForAddress(GrpcAddress);
        Client = new(_channel);
        Http = new() { BaseAddress = HttpAddress };
        _life = start(_output);
    }

    public TestStore Store { get; }

    public Uri HttpAddress { get; }

    public Uri GrpcAddress { get; }

    public ApiKeyService.ApiKeyServiceClient Client { get; }

    /// <summary>For JSON over HTTP; carries no credential by itself.</summary>
    public HttpClient Http { get; }

    /// <summary>What the process wrote to its output and error streams, its logs included.</summary>
    public IReadOnlyCollection<string> Output => _output;

    /// <summary>Of its own process.</summary>
    public int Id => Process.Id;

    public bool HasEnded => _life.HasExited;

    /// <summary>Texts that a logged error may contain without failing the test.</summary>
    public List<string> ExpectedErrors { get; } = [];

    public string RootCredential => File.ReadAllText(Store.RootCredentialFile).Trim();

    /// <summary>The root credential as call metadata.</summary>
    public Metadata Root => As(RootCredential);

    public static Metadata As(string credential) => new() { { "authorization", $"Bearer {credential}" } };

    private ProcessLife Process => _life as ProcessLife
        ?? throw new InvalidOperationException("This server is in the process of the tests: signals need StartAsync.");

    /// <summary>
    /// Starts it in a process of its own and waits until it is ready. A new store is migrated before (<see cref="PreparedStore"/>).
    /// </summary>
    public static Task<TestServer> StartAsync(TestStore store, params (string Name, string Value)[] settings) =>
        StartAsync(store, settings, () => Launch("serve", store, settings));

    /// <summary>
    /// The same in the process of the tests (<see cref="InProcessLife"/>). Tests of signals, of limits and measures of a process,
    /// and of the hooks need <see cref="StartAsync(TestStore,ValueTuple{string,string}[])"/>.
    /// </summary>
    public static Task<TestServer> StartInProcessAsync(TestStore store, params (string Name, string Value)[] settings) =>
        StartAsync(store, settings, () =>
        {
            var (http, grpc, all) = WithPorts(settings);
            return new(store, http, grpc, output => InProcessLife.Start(store.ArgumentsOf("serve", all), output));
        });

    /// <summary>Starts it in a process of its own and waits for nothing: for a process that is killed on its way.</summary>
    public static TestServer Launch(string command, TestStore store, params (string Name, string Value)[] settings)
    {
        var (http, grpc, all) = WithPorts(settings);
        return new(store, http, grpc, output => ProcessLife.Start(Command(command, store, [.. ShortLived, .. all]), output));
    }

    public Task WhenReadyAsync() => _life.WhenReadyAsync(StartBound);

    /// <summary>Runs a command of the server to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string command, TestStore store, params (string Name, string Value)[] settings)
    {
        var run = await CommandRun.OfServerAsync(command, store, settings);
        return (run.ExitCode, run.Output + run.Error);
    }

    /// <summary>SIGKILL: nothing is flushed, nothing is said.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>SIGSTOP, at a moment at which it does not hold the embedded store locked: else nobody could write until it goes on.</summary>
    public async Task SuspendAsync()
    {
        Process.Signal(Signals.Stop);
        while (!Store.CanBeWritten())
        {
            Resume();
            await DeliberateDelay.ForAsync(10, "it goes on until it has no lock");
            Process.Signal(Signals.Stop);
        }
    }

    /// <summary>SIGCONT.</summary>
    public void Resume() => Process.Signal(Signals.Continue);

    /// <summary>Ends it, a process of its own by SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        _life.Terminate();
        return await WhenEndedAsync();
    }

    /// <summary>Until it has ended by itself; returns the exit code. All that it said has been read by then.</summary>
    public Task<int> WhenEndedAsync() => _life.WaitForExitAsync(StartBound);

    public async ValueTask DisposeAsync()
    {
        if (!_life.HasExited) await StopAsync();
        _channel.Dispose();
        Http.Dispose();
        await _life.DisposeAsync();
        var errors = LoggedErrors.Of(_output).Where(entry => !ExpectedErrors.Exists(entry.Contains)).ToList();
        if (errors.Count > 0) throw new InvalidOperationException("The server logged errors:\n" + string.Join('\n', errors));
    }

    private static async Task<TestServer> StartAsync(TestStore store, (string Name, string Value)[] settings, Func<TestServer> launch)
    {
        await PreparedStore.MakeAsync(store, settings);
        var server = launch();
        await server.WhenReadyAsync();
        return server;
    }

    private static (int Http, int Grpc, (string Name, string Value)[] All) WithPorts((string Name, string Value)[] settings)
    {
        var (http, grpc) = Ports.FreePair();
        return (http, grpc,
        [
            ("KeyService__HttpPort", $"{http}"), ("KeyService__GrpcPort", $"{grpc}"), Patient,
            .. settings.Select(setting => (setting.Name, setting.Value.Replace("{grpc}", $"{grpc}", StringComparison.Ordinal))),
        ]);
    }

    /// <summary>How a command of the server is started on a store.</summary>
    public static ProcessStartInfo Command(string command, TestStore store, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = store.Folder,
        };
        if (store.OpenFiles is { } files)
        {
            start.FileName = "/bin/sh";
            foreach (var word in (string[])["-c", $"ulimit -n {files} && exec dotnet \"$@\"", "sh"]) start.ArgumentList.Add(word);
        }

        start.ArgumentList.Add(store.ServerAssembly);
        foreach (var word in command.Split(' ')) start.ArgumentList.Add(word);
        foreach (var (name, value) in store.Settings()) start.Environment[name] = value;
        foreach (var (name, value) in settings) start.Environment[name] = value;
        return start;
    }
}
