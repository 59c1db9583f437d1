using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

public sealed class TlsTests
{
    [Fact]
    public async Task With_a_certificate_both_ports_speak_TLS_and_nothing_else()
    {
        await using var store = new TestStore();
        var (certificate, key) = Certificates.Write(store.Folder);
        (string, string)[] tls =
            [("Kestrel__Certificates__Default__Path", certificate), ("Kestrel__Certificates__Default__KeyPath", key)];
        await using var server = await TestServer.StartInProcessAsync(store, tls);
        using var http = new HttpClient(Trusting(certificate));
        using var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{server.GrpcAddress.Port}", new() { HttpHandler = Trusting(certificate), DisposeHttpClient = true });
        var client = new ApiKeyService.ApiKeyServiceClient(channel);

        (await client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
        await ShouldBecomeReadyAsync(http, server.HttpAddress.Port);
        await Should.ThrowAsync<HttpRequestException>(() => server.Http.GetStringAsync("/health/ready"));
        await Should.ThrowAsync<Grpc.Core.RpcException>(async () => await server.Client.GetCallerAsync(new(), server.Root));
        string.Join('\n', server.Output).ShouldContain($"https://127.0.0.1:{server.HttpAddress.Port}");

        var health = await CommandRun.OfServerAsync(
            "health", store, [.. tls, ("KeyService__HttpPort", $"{server.HttpAddress.Port}"), ("KeyService__GrpcPort", $"{server.GrpcAddress.Port}")]);
        health.ShouldEndWith(0);
    }

    [Fact]
    public async Task With_a_certificate_one_port_serves_both()
    {
        await using var store = new TestStore();
        var (certificate, key) = Certificates.Write(store.Folder);
        var port = Ports.Take();
        await using var server = await TestServer.StartInProcessAsync(
            store, ("Kestrel__Certificates__Default__Path", certificate), ("Kestrel__Certificates__Default__KeyPath", key),
            ("KeyService__HttpPort", $"{port}"), ("KeyService__GrpcPort", $"{port}"));
        using var http = new HttpClient(Trusting(certificate));
        using var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{port}", new() { HttpHandler = Trusting(certificate), DisposeHttpClient = true });

        (await new ApiKeyService.ApiKeyServiceClient(channel).GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
        await ShouldBecomeReadyAsync(http, port);
    }

    /// <summary>On a busy machine the first handshakes of a process take longer than its look at its own listeners waits.</summary>
    private static Task<string> ShouldBecomeReadyAsync(HttpClient http, int port) => Eventually.Get(
        async () => await (await http.GetAsync(new Uri($"https://127.0.0.1:{port}/health/ready"))).Content.ReadAsStringAsync(),
        answer => answer == "Healthy", TimeSpan.FromSeconds(30));

    /// <summary>Trusts this certificate as its own root, and no other.</summary>
    internal static SocketsHttpHandler Trusting(string certificateFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(certificateFile));
        return new() { SslOptions = { CertificateChainPolicy = policy } };
    }
}
