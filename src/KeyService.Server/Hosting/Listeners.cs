using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using KeyService.Server.Grpc;
using KeyService.Server.Storage;
using Microsoft.AspNetCore.Server.Kestrel.Core;

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

    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = 20_000;
        // Open pages of the console, each of which costs the process 150 kB and more.
        limits.MaxConcurrentUpgradedConnections = 1_000;
        // Until it is known which RPC it is; reading nothing more than that is ValidateKey's own limit.
        limits.MaxRequestBodySize = CallRules.SmallestMaxMessageBytes + GrpcFrames.HeaderLength;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // Over HTTP/2 it is the rate of the whole connection: what bounds a single body is BodyBound.
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        // Half of Kestrel's default: what is under way fits the processor's caches. With 100, a server that was offered half as much again as it can
        // do answered 0.81 of that on 8 connections, with 50 0.96 (tests/KeyService.Benchmarks, overload). More connections scale better anyway.
        limits.Http2.MaxStreamsPerConnection = 50;
        limits.Http2.InitialConnectionWindowSize = 128 * 1024;
        limits.Http2.InitialStreamWindowSize = 96 * 1024;
        limits.Http2.MaxRequestHeaderFieldSize = 16 * 1024;
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
            var own = listen.ApplicationServices.GetRequiredService<OwnConnections>();
            listen.Protocols = protocols;
            if (options.Tls) UseCertificate(listen);
            listen.Use(next => connection =>
            {
                connection.Features.Set(own.Begin(connection.RemoteEndPoint));
                connection.Features.Set(permits);
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
