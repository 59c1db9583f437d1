using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using KeyService.Contracts.V1;

namespace KeyService.Benchmarks.Fair;

/// <summary>One caller on a connection of its own.</summary>
internal sealed class Party(Uri server) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(server);

    public string Credential { get; set; } = "";

    public ApiKeyService.ApiKeyServiceClient Client => new(_channel.CreateCallInvoker().Intercept(metadata =>
    {
        metadata.Add("authorization", $"Bearer {Credential}");
        return metadata;
    }));

    public void Dispose() => _channel.Dispose();
}
