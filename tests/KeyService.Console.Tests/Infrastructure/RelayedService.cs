namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>A console in a process of its own, and the service that it calls through a relay.</summary>
internal sealed class RelayedService : IAsyncDisposable
{
    private RelayedService(ServerProcess service, Relay relay, ServerProcess console) => (Service, Relay, Console) = (service, relay, console);

    public ServerProcess Service { get; }

    public Relay Relay { get; }

    public ServerProcess Console { get; }

    public static async Task<RelayedService> StartAsync()
    {
        var service = await ServerProcess.StartAsync(new(), ("KeyService__Roles", "validation,management"));
        var relay = await Relay.StartAsync(service.GrpcAddress);
        var console = await ServerProcess.StartAsync(new(), ("KeyService__Roles", "console"), ("KeyService__Console__ServiceAddress", relay.Address.ToString()));
        return new(service, relay, console);
    }

    public async ValueTask DisposeAsync()
    {
        await Console.DisposeAsync();
        await Relay.DisposeAsync();
        await Service.DisposeAsync();
        await Console.Store.DisposeAsync();
        await Service.Store.DisposeAsync();
    }
}
