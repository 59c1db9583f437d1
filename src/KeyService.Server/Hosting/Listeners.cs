using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using KeyService.Server.Grpc;
using KeyService.Server.Hosting.Connections;
using KeyService.Server.Observability;
using KeyService.Server.Storage;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace KeyService.Server.Hosting;

/// <summary>The two ports, their protocols and their limits.</summary>
internal static class Listeners
{
    /// <summary>The section that Kestrel reads the certificate from.</summary>
    public const string Certificate = "Kestrel:Certificates:Default";

    public static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        SetLimits(kestrel.Limits);
        if (options.HttpPort == options.GrpcPort)
        {
            Listen(kestrel, options, options.HttpPort, HttpProtocols.Http1AndHttp2);
            return;
        }

        Listen(kestrel, options, options.HttpPort, options.Tls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1);
        Listen(kestrel, options, options.GrpcPort, HttpProtocols.Http2);
    }

    private const int MaxHeaderBytes = 64 * 1024;

    /// <summary>
    /// What a connection has received and not read is in memory: with the default of 1 MiB, 600 clients that sent PINGs and read no answer
    /// took 900 MB, and made others wait for 1.6 s while it was allocated.
    /// </summary>
    private const int MaxUnreadBytes = 64 * 1024;

    private static readonly MinDataRate BodyRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>For a request over HTTP/1.1: a sender that is slower is given up, whatever reads its body.</summary>
    public static void BoundBody(HttpContext http)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = BodyRate;
    }

    /// <summary>How many connections each port may have, by the limit of open files.</summary>
    /// <exception cref="StartException">That limit is too low to serve.</exception>
    public static ConnectionLimits LimitConnections(ServerOptions options) => ConnectionLimits.For(OpenFiles.ReadLimit(), Ports(options).Count);

    public static void LogLimits(ServerOptions options, ConnectionLimits limits, ILogger log) =>
        Log.ConnectionLimits(log, Ports(options).Count, limits.Connections, limits.Anonymous, OpenFiles.ReadLimit());

    public static IServiceCollection AddListeners(this IServiceCollection services, ConnectionLimits limits) => services
        .Configure<SocketTransportOptions>(sockets => sockets.MaxReadBufferSize = MaxUnreadBytes)
        .AddSingleton(limits)
        .AddSingleton<ConnectionMetrics>()
        .AddSingleton(provider => AnonymousPages.ForProcess(provider.GetRequiredService<ConnectionMetrics>()))
        .AddSingleton<SocketTransportFactory>()
        .AddSingleton(provider => ProcessTurns.Of(provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<IConnectionListenerFactory, LimitedListenerFactory>();

    private static List<int> Ports(ServerOptions options) => options.HttpPort == options.GrpcPort ? [options.HttpPort] : [options.HttpPort, options.GrpcPort];

    private static void SetLimits(KestrelServerLimits limits)
    {
        // Both count tasks, which may outlive their connections for ever: ConnectionTable and OpenPages count what is open.
        limits.MaxConcurrentConnections = null;
        limits.MaxConcurrentUpgradedConnections = null;
        // Until it is known which RPC it is; reading nothing more than that is ValidateKey's own limit.
        limits.MaxRequestBodySize = CallRules.SmallestMaxMessageBytes + GrpcFrames.HeaderLength;
        // Above what an honest gateway adds: over HTTP/2 twice of these ends the connection, with the calls of all its callers. What one call may have is HeaderLimits.
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        limits.MaxRequestHeaderCount = 1_000;
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeaderBytes;
        limits.MaxRequestBufferSize = 4 * MaxHeaderBytes;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // Over HTTP/2 both are rates of the whole connection, which they end: what bounds a single body is BodyBound, and a single answer ResponseBound. BoundBody sets the
        // one for HTTP/1.1. The other is for a client that reads nothing of its connection at all, and waits for longer than ResponseBound.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(20));
        // Half of Kestrel's default: what is under way fits the processor's caches. With 100, a server that was offered half as much again as it can
        // do answered 0.81 of that on 8 connections, with 50 0.96 (tests/KeyService.Benchmarks, overload). More connections scale better anyway.
        limits.Http2.MaxStreamsPerConnection = 50;
        limits.Http2.InitialConnectionWindowSize = 128 * 1024;
        limits.Http2.InitialStreamWindowSize = 96 * 1024;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    /// <summary>Before anything is started, so that the operator gets one line.</summary>
    /// <exception cref="StartException">A port is taken, or the address is not of this machine.</exception>
    public static void CheckPorts(ServerOptions options)
    {
        Check(options, options.HttpPort, SettingNames.HttpPort);
        if (options.GrpcPort != options.HttpPort) Check(options, options.GrpcPort, SettingNames.GrpcPort);
    }

    /// <summary>Kestrel would say it with a stack.</summary>
    /// <exception cref="StartException">A file of the certificate is not there.</exception>
    public static void CheckCertificateFiles(IConfiguration configuration)
    {
        foreach (var name in (string[])[$"{Certificate}:Path", $"{Certificate}:KeyPath"])
        {
            if (Settings.Text(configuration, name) is not { } text) continue;
            // As Kestrel finds it.
            var path = Path.Combine(AppContext.BaseDirectory, text);
            if (!File.Exists(path)) throw new StartException($"{name}: {path} is not there, or this user may not read it.");
        }
    }

    /// <summary>The gRPC port serves gRPC only, the HTTP port everything else; a port that is both serves both.</summary>
    public static bool Allows(HttpContext context, ServerOptions options, bool isGrpc) =>
        context.Connection.LocalPort == (isGrpc ? options.GrpcPort : options.HttpPort);

    private static void Listen(KestrelServerOptions kestrel, ServerOptions options, int port, HttpProtocols protocols) =>
        kestrel.Listen(options.BindAddress, port, listen =>
        {
            var permits = new CallPermits(options.Calls);
            var services = listen.ApplicationServices;
            var own = services.GetRequiredService<OwnConnections>();
            var turns = services.GetRequiredService<ProcessTurns>();
            var time = services.GetRequiredService<TimeProvider>();
            var lifetime = new ConnectionLifetime(protocols, services.GetRequiredService<ConnectionMetrics>(), time);
            listen.Protocols = protocols;
            listen.Use(next => connection => lifetime.ServeAsync(connection, next));
            if (options.Tls) UseCertificate(listen);
            listen.Use(next => connection =>
            {
                var open = connection.Features.GetRequiredFeature<OpenConnection>();
                connection.Features.Set(own.Begin(connection.RemoteEndPoint, open.MarkAuthenticated));
                connection.Features.Set(permits);
                connection.Features.Set(new ConnectionQuota(open.PeerName, () => open.Holder));
                var ofARead = lifetime.IsHttp2(connection) ? AnonymousInput.OfFrames : AnonymousInput.OfARequest;
                var transport = new TransportInTurns(connection.Transport, turns, new(ofARead, () => open.IsAuthenticated, time));
                connection.Features.Set(transport.Input);
                connection.Transport = transport;
                return next(connection);
            });
        });

    private static void UseCertificate(ListenOptions listen)
    {
        try
        {
            listen.UseHttps();
        }
        catch (Exception e) when (e is CryptographicException or InvalidOperationException or ArgumentException)
        {
            throw new StartException(
                $"{Certificate}: the certificate, its key or the password cannot be used ({e.GetType().Name}).", e);
        }
    }

    private static void Check(ServerOptions options, int port, string setting)
    {
        try
        {
            using var probe = new TcpListener(options.BindAddress, port);
            probe.Start();
        }
        catch (SocketException e)
        {
            throw new StartException(
                e.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => $"{setting}: port {port} on {options.BindAddress} is taken by another process; stop that one, or name another port.",
                    SocketError.AccessDenied => $"{setting}: this user may not listen on port {port}.",
                    SocketError.AddressNotAvailable => $"{SettingNames.BindAddress}: {options.BindAddress} is not an address of this machine.",
                    _ => $"{setting}: cannot listen on {options.BindAddress} port {port} ({e.SocketErrorCode}).",
                },
                e);
        }
    }
}
