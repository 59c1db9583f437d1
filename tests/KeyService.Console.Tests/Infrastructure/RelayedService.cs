namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>
/// A server with the console alone, and the service that it calls through a relay. Tests of a class may share it, each with
/// another workspace.
/// </summary>
public sealed class RelayedService : IAsyncLifetime
{
    internal TestServer Service { get; private set; } = null!;

    internal Relay Relay { get; private set; } = null!;

    internal TestServer Console { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Service = await TestServer.StartInProcessAsync(new(), ("KeyService__Roles", "validation,management"));
        Relay = await Relay.StartAsync(Service.GrpcAddress);
        Console = await TestServer.StartInProcessAsync(
            new(), ("KeyService__Roles", "console"), ("KeyService__Console__ServiceAddress", Relay.Address.ToString()));
    }

    public async ValueTask DisposeAsync()
    {
        await Console.DisposeAsync();
        await Relay.DisposeAsync();
        await Service.DisposeAsync();
        await Console.Store.DisposeAsync();
        await Service.Store.DisposeAsync();
    }

    internal static async Task<RelayedService> StartAsync()
    {
        var started = new RelayedService();
        await started.InitializeAsync();
        return started;
    }
}
