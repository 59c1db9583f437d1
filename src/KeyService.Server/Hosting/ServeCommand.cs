using KeyService.Server.Canary;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary><c>keyservice serve</c>, and <c>keyservice</c> alone.</summary>
internal static class ServeCommand
{
    /// <summary>Longer than any call, shorter than what orchestrators wait before they kill (30 s).</summary>
    private static readonly TimeSpan DrainBound = TimeSpan.FromSeconds(25);

    public static async Task<int> RunAsync(string[] settings, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { Args = settings, ContentRootPath = AppContext.BaseDirectory });
        var options = ServerOptions.Read(builder.Configuration);
        foreach (var name in SettingNames.Unknown(builder.Configuration))
            await Console.Error.WriteLineAsync($"warning: {name} is not a setting of this version: it does nothing.");
        if (options.Replica.Address is { Length: > 0 } advertised && ReplicaConnection.UriOf(advertised, options.Tls) is null)
            await Console.Error.WriteLineAsync($"warning: {SettingNames.AdvertisedAddress} is not a host and a port, such as replica-1:8081 or [2001:db8::1]:8081: the canary cannot ask there.");
        Listeners.CheckPorts(options);
        Listeners.CheckCertificateFiles(builder.Configuration);
        var connections = Listeners.LimitConnections(options);
        if (options.BatchScheduling) BatchScheduling.Begin();
        // Settings like any other, before a store is asked for; those of the embedded default are made under its lock.
        var configured = MasterKeyFiles.Configured(builder.Configuration, options);
        var engine = StorageEngines.Create(options);
        // After the server, which closes its last connection: SQLite then writes its log into the file.
        using var closing = engine as IDisposable;
        var making = options.IsEmbedded ? await engine.EnterStartAsync(cancellation) : null;
        await using var _ = making;
        var masterKeys = configured ?? MasterKeyFiles.Embedded(options, Console.Out);
        foreach (var warning in SecretFileModes.Warnings(builder.Configuration, options)) await Console.Error.WriteLineAsync(warning);

        builder.Services
            .AddKeyService(options, engine, masterKeys)
            .AddContract(reflection: builder.Environment.IsDevelopment())
            .AddJwtCallers(options.Oidc)
            .AddOperations(options, otlp: builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
            .AddListeners(connections)
            .AddBackgroundWork(options)
            .AddCanary(options.Canary, options.Trust)
            .AddConsole(options.Console)
            .Configure<HostOptions>(host => host.ShutdownTimeout = DrainBound);
        // The console's files, where they are built; published, they are in wwwroot.
        if (options.Console is not null) builder.WebHost.UseStaticWebAssets();
        // Where they are built, the framework would look for files at every path that nobody serves: such paths would answer 405 instead of what they are.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
        builder.WebHost.UseUrls().ConfigureKestrel(kestrel => Listeners.Configure(kestrel, options));

        await using var app = builder.Build();
        var start = app.Services.GetRequiredService<StoreStart>();
        if (options.IsEmbedded) await start.MigrateAsync(cancellation);
        await start.CheckAsync(cancellation);
        // Other processes may start on it from here on.
        if (making is not null) await making.DisposeAsync();
        app.MapKeyService(options);
        Listeners.LogLimits(options, connections, app.Logger);
        await app.StartAsync(cancellation);
        if (!options.IsReplica || await FollowsAsync(app))
        {
            await app.Services.GetRequiredService<WarmUp>().RunAsync(app.Lifetime.ApplicationStopping);
            Announcement.Write(app.Services, options, engine, Console.Out);
        }

        await app.WaitForShutdownAsync(cancellation);
        // Not in order: whoever starts it again is told why.
        return app.Services.GetRequiredService<Generations>().Misfit is { IsCompletedSuccessfully: true } misfit ? throw new StartException(await misfit) : 0;
    }

    /// <summary>False when it is stopped before it follows the feed.</summary>
    private static async Task<bool> FollowsAsync(WebApplication app)
    {
        try
        {
            await app.Services.GetRequiredService<FeedLoop>().WhenFollowingAsync(app.Lifetime.ApplicationStopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
