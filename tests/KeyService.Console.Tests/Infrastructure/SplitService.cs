namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>A console in a process of its own, with a store of its own, and the service that it calls, which can go away and come back at the same ports.</summary>
internal sealed class SplitService : IAsyncDisposable
{
    private readonly List<ServerProcess> _processes = [];
    private ServerProcess _running;
    private ServerProcess _runningConsole;

    private SplitService(ServerProcess service, ServerProcess console)
    {
        (Service, Console) = (service, console);
        (_running, _runningConsole) = (service, console);
    }

    /// <summary>Its addresses stay good.</summary>
    public ServerProcess Service { get; }

    public ServerProcess Console { get; }

    public static async Task<SplitService> StartAsync()
    {
        var service = await ServerProcess.StartAsync(new(), ("KeyService__Roles", "validation,management"));
        var console = await ServerProcess.StartAsync(new(), ConsoleOf(service));
        return new(service, console);
    }

    public Task StopServiceAsync() => _running.StopAsync();

    public async Task StartServiceAsync() => _processes.Add(_running = await ServerProcess.StartAsync(_running.Store, [("KeyService__Roles", "validation,management"), .. At(Service)]));

    public Task StopConsoleAsync() => _runningConsole.StopAsync();

    public async Task StartConsoleAsync() => _processes.Add(_runningConsole = await ServerProcess.StartAsync(_runningConsole.Store, [.. ConsoleOf(Service), .. At(Console)]));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in (ServerProcess[])[.. _processes, Console, Service]) await process.DisposeAsync();
        await Service.Store.DisposeAsync();
        await Console.Store.DisposeAsync();
    }

    private static (string, string)[] ConsoleOf(ServerProcess service) =>
        [("KeyService__Roles", "console"), ("KeyService__Console__ServiceAddress", service.GrpcAddress.ToString())];

    private static (string, string)[] At(ServerProcess former) =>
        [("KeyService__HttpPort", $"{former.HttpAddress.Port}"), ("KeyService__GrpcPort", $"{former.GrpcAddress.Port}")];
}
