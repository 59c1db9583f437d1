namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>
/// A server with the console alone, with a separate store, and the service that it calls, which can go away and come back at
/// the same ports. Both run in the process of the tests, unless the test sends them signals.
/// </summary>
internal sealed class SplitService : IAsyncDisposable
{
    private readonly Func<TestStore, (string, string)[], Task<TestServer>> _start;
    private readonly List<TestServer> _later = [];
    private TestServer _running;
    private TestServer _runningConsole;

    private SplitService(Func<TestStore, (string, string)[], Task<TestServer>> start, TestServer service, TestServer console)
    {
        _start = start;
        (Service, Console) = (service, console);
        (_running, _runningConsole) = (service, console);
    }

    /// <summary>Its addresses stay good.</summary>
    public TestServer Service { get; }

    public TestServer Console { get; }

    public static Task<SplitService> StartAsync() => StartAsync(TestServer.StartInProcessAsync);

    public static Task<SplitService> StartProcessesAsync() => StartAsync(TestServer.StartAsync);

    public Task StopServiceAsync() => _running.StopAsync();

    public async Task StartServiceAsync() =>
        _later.Add(_running = await _start(_running.Store, [("KeyService__Roles", "validation,management"), .. At(Service)]));

    public Task StopConsoleAsync() => _runningConsole.StopAsync();

    public async Task StartConsoleAsync() =>
        _later.Add(_runningConsole = await _start(_runningConsole.Store, [.. ConsoleOf(Service), .. At(Console)]));

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (TestServer[])[.. _later, Console, Service]) await server.DisposeAsync();
        await Service.Store.DisposeAsync();
        await Console.Store.DisposeAsync();
    }

    private static async Task<SplitService> StartAsync(Func<TestStore, (string, string)[], Task<TestServer>> start)
    {
        var service = await start(new(), [("KeyService__Roles", "validation,management")]);
        var console = await start(new(), ConsoleOf(service));
        return new(start, service, console);
    }

    private static (string, string)[] ConsoleOf(TestServer service) =>
        [("KeyService__Roles", "console"), ("KeyService__Console__ServiceAddress", service.GrpcAddress.ToString())];

    private static (string, string)[] At(TestServer former) =>
        [("KeyService__HttpPort", $"{former.HttpAddress.Port}"), ("KeyService__GrpcPort", $"{former.GrpcAddress.Port}")];
}
