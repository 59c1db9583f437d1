using System.Net;
using Grpc.Core;
using KeyService.FunctionalTests.Infrastructure;
using KeyService.FunctionalTests.Overload;

namespace KeyService.FunctionalTests.Wire;

/// <summary>A client that ends its stream within a message is no fault of the service: nothing is logged as one.</summary>
public sealed class GoneClientsTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData("CreateKey")]
    [InlineData("ValidateKey")]
    [InlineData("ValidateKeys")]
    public async Task A_stream_reset_within_its_message_is_no_fault_of_the_service(string rpc)
    {
        using var http = new HttpClient { BaseAddress = _server.GrpcAddress };
        for (var i = 0; i < 10; i++)
        {
            using var gone = new CancellationTokenSource();
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/keyservice.v1.ApiKeyService/{rpc}")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new HalfBody(RawGrpc.Frame(new byte[50], length: 1_000), _ => gone.CancelAsync()),
            };
            request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
            request.Headers.TryAddWithoutValidation("authorization", $"Bearer {_server.RootCredential}");

            await Should.ThrowAsync<OperationCanceledException>(http.SendAsync(request, gone.Token));
        }

        (await _server.Client.GetCallerAsync(new(), _server.Root).ResponseAsync).AllWorkspaces.ShouldBeTrue();
        _server.Output.ShouldNotContain(line => line.StartsWith("fail:", StringComparison.Ordinal));
    }
}
