using System.Diagnostics.Metrics;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using KeyService.AdminConsole;
using KeyService.AdminConsole.Service;
using KeyService.AdminConsole.SignIn;
using KeyService.Server.Audit;
using KeyService.Server.Canary;
using KeyService.Server.Grpc;
using KeyService.Server.Hosting.Connections;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Lookup;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Sessions;
using KeyService.Server.Storage;
using KeyService.Server.Usage;
using KeyService.Server.Validation;
using OpenTelemetry.Metrics;

namespace KeyService.Server.Hosting;

/// <summary>The table of contents: a line for each folder.</summary>
internal static class ServiceRegistration
{
    /// <summary>Everything below the wire; the commands need no more.</summary>
    public static IServiceCollection AddKeyService(
        this IServiceCollection services, ServerOptions options, IStorageEngine engine, MasterKeys masterKeys) => services
        .AddSingleton(options).AddSingleton(options.CallerAddress).AddSingleton(options.Lookup).AddSingleton(options.Issuance).AddSingleton(options.Issuance.Recovery)
        .AddSingleton<TimeProvider>(new MachineTime())
        .AddSingleton(masterKeys)
        .AddSingleton(engine).AddSingleton(engine.Replication).AddSingleton<WriteHealth>().AddSingleton<KeyStore>()
        .AddSingleton<AuditTrail>().AddSingleton<AuditQueries>().AddSingleton<AuditVerifier>().AddSingleton<AuditPurger>()
        .AddSingleton(options.Replica with { Generations = string.Concat(masterKeys.All.Select(key => key.Generation)) })
        .AddSingleton(provider => new Belief(Incarnations.New(provider.GetRequiredService<ReplicaOptions>(), provider.GetRequiredService<TimeProvider>())))
        .AddSingleton<Incarnations>().AddSingleton<Generations>().AddSingleton<FeedCycle>().AddSingleton<FeedSignal>().AddSingleton<FeedLoop>().AddSingleton<DatabaseClock>().AddSingleton<ReplicaTable>()
        .AddSingleton<Propagation>().AddSingleton<Nudges>().AddSingleton<Freshness>()
        .AddSingleton<KeyIssuer>().AddSingleton<RequestRecords>()
        .AddSingleton<KeyQueries>().AddSingleton<StatusChanger>().AddSingleton<KeyRevealer>()
        .AddSingleton<MemoryKeyCache>().AddSingleton<RedisConnection>().AddSingleton<RedisBreaker>().AddSingleton<ISharedValues, RedisValues>().AddSingleton<INudgeChannel, RedisNudges>()
        .AddSingleton<RedisKeyCache>().AddSingleton<IChangedKeys>(provider => provider.GetRequiredService<RedisKeyCache>()).AddSingleton<ReadGate>().AddSingleton<KeySource>().AddSingleton<KeyLookup>()
        .AddSingleton<KeyFinder>().AddSingleton<KeyValidator>().AddSingleton<CredentialValidator>()
        .AddSingleton<UsageRecorder>()
        .AddSingleton<SessionKeys>().AddSingleton<EndedSessionStore>().AddSingleton<IEndedSessionStore>(provider => provider.GetRequiredService<EndedSessionStore>())
        .AddSingleton(new VerdictNames(Enum.GetNames<Verdict>())).AddSingleton<Metrics>().AddSingleton<OutageLog>().AddSingleton<FaultLog>().AddSingleton<OverloadLog>().AddGuardedLogging()
        .AddSingleton<RootCredential>().AddSingleton<StoreStart>().AddSingleton<OwnConnections>().AddSingleton<WarmUp>();

    /// <summary>What runs beside the calls. Started before the listeners and stopped after them: the last flush has the last call.</summary>
    public static IServiceCollection AddBackgroundWork(this IServiceCollection services, ServerOptions options)
    {
        if (options.IsReplica) services.AddReplica();
        return services.AddHostedService<UsageFlusher>().AddHostedService<WriteProbe>().AddHostedService<Housekeeper>();
    }

    /// <summary>What follows the feed, under an own row in Replicas, for which changes wait. Not in a process that serves no call that may be answered from memory.</summary>
    private static void AddReplica(this IServiceCollection services) => services
        .AddHostedService(provider => provider.GetRequiredService<RedisConnection>())
        .AddHostedService(provider => provider.GetRequiredService<FeedLoop>())
        .AddHostedService<GenerationRollout>()
        .AddHostedService<RedisNudgeListener>();

    /// <summary>The canary of revocation, where it is asked for: only then are there metrics of it. After the other background work: it is stopped first.</summary>
    public static IServiceCollection AddCanary(this IServiceCollection services, CanaryOptions options, CertificateTrust trust) => !options.Enabled ? services : services
        .AddSingleton(options).AddSingleton<CanaryMetrics>().AddSingleton<ICanaryKey, CanaryKey>()
        .AddSingleton(provider => new ReplicaCalls(address => ReplicaConnection.To(address, options.Tls, trust, provider.GetRequiredService<TimeProvider>())))
        .AddSingleton<CanaryRound>().AddHostedService<CanaryLoop>();

    /// <summary>The console, where this process serves it.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services, ConsoleOptions? options) =>
        options is null ? services : services.AddSessionProtection().AddSingleton<IPersonAddressSigner, PersonAddressSigner>().AddKeyServiceConsole(options);

    /// <summary>The contract as gRPC and as JSON.</summary>
    public static IServiceCollection AddContract(this IServiceCollection services, bool reflection)
    {
        services.AddSingleton<CreateKeyRules>().AddSingleton<CallerAddress>().AddSingleton<Callers>().AddSingleton<CallFailures>().AddSingleton<ValidateKeyCalls>().AddSingleton<CallersAtOnce>().AddSingleton<ValidateKeyAtOnce>().AddSingleton<ValidateKeysAtOnce>().AddSingleton<ValidateKeyByRead>().AddSingleton<CallGate>().AddSingleton<HealthCalls>().AddSingleton<OtherBodies>().AddSingleton<ResponseBound>().AddSingleton<ApiKeyGrpcService>();
        services.AddGrpc(grpc =>
        {
            // Each RPC's own limit is checked before.
            grpc.MaxReceiveMessageSize = CallRules.LargestMaxMessageBytes;
            grpc.EnableDetailedErrors = false;
            // No scope and no handler for what nobody serves.
            grpc.IgnoreUnknownServices = true;
        }).AddJsonTranscoding(json =>
        {
            json.TypeRegistry = TypeRegistry.FromMessages(GrpcErrors.DetailTypes);
            json.JsonSettings.WriteInt64sAsStrings = true;
        });
        // AddGrpc puts gzip back after its own options: inflating has no bound, so compressed requests are not accepted at all.
        services.PostConfigure<GrpcServiceOptions>(grpc => grpc.CompressionProviders.Clear());
        if (reflection) services.AddGrpcReflection();
#if TEST_HOOKS
        services.AddSingleton<TestHooks.EmptyService>();
#endif
        return services;
    }

    /// <summary>JWTs as credentials, where an issuer is configured. Its metadata is read from the start on, and the start does not wait for it.</summary>
    public static IServiceCollection AddJwtCallers(this IServiceCollection services, OidcOptions? oidc) => oidc is null ? services : services
        .AddSingleton(provider => new IssuerMetadata(IssuerReader.For(oidc), provider.GetRequiredService<Metrics>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<IssuerMetadata>>()))
        .AddHostedService(provider => provider.GetRequiredService<IssuerMetadata>())
        .AddSingleton(provider => new JwtCallers(
            oidc.Audience, provider.GetRequiredService<IssuerMetadata>(), provider.GetRequiredService<ServerOptions>().Lookup.ValidateBudget, provider.GetRequiredService<TimeProvider>()));

    /// <summary>Health over HTTP and gRPC, metrics for Prometheus, and OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector.</summary>
    public static IServiceCollection AddOperations(this IServiceCollection services, ServerOptions options, bool otlp)
    {
        var followed = !options.IsReplica;
        services.AddSingleton(provider => ListenerProbe.Of(provider.GetRequiredService<ServerOptions>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Readiness(
            provider.GetRequiredService<ListenerProbe>().CheckAsync,
            async token => await provider.GetRequiredService<IStorageEngine>().PingAsync(token),
            StoreErrors.CauseOf,
            // Before its first horizon a replica believes nothing: each call would be a read. Later the others are no better off.
            () => (followed || (followed = provider.GetRequiredService<Belief>().Current.Floors.HasBase)) && provider.GetRequiredService<WarmUp>().IsDone,
            provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Readiness>>(), provider.GetRequiredService<Metrics>()));
        services.AddSingleton<RecentReadiness>().AddSingleton<MetricsPages>();
        services.AddGrpcHealthChecks(health => health.Services.Map(Contracts.V1.ApiKeyService.Descriptor.FullName, _ => true)).AddCheck<RecentReadiness>("ready").AddCheck<WriteReadiness>("writes");
        services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics.AddMeter(Metrics.MeterName).AddRuntimeInstrumentation().AddMeter("Microsoft.AspNetCore.Server.Kestrel")
                .AddView("kestrel.queued_requests", MetricStreamConfiguration.Drop)
                .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0);
            if (otlp) metrics.AddOtlpExporter();
        });
        // Of this host alone, where a process has several.
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            var own = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument =>
                instrument.Meter.Scope is { } scope && !ReferenceEquals(scope, own) ? MetricStreamConfiguration.Drop : null);
        });
        return services;
    }
}
