using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>A long answer that the client does not read keeps a permit, as its memory is kept.</summary>
public sealed class UnreadAnswersTests
{
    private const string Service = "/keyservice.v1.ApiKeyService/";

    /// <summary>INITIAL_WINDOW_SIZE 0: the server may send no byte of a message.</summary>
    private static readonly byte[] NoWindow = [0, 4, 0, 0, 0, 0];

    [Fact]
    public async Task A_long_batch_from_memory_keeps_a_permit_until_it_is_read_or_its_connection_ends()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__MaxValidations", "1"));
        var create = new CreateKeyRequest { WorkspaceId = "w", Name = "long" };
        for (var i = 0; i < 32; i++) create.Metadata.Add($"m{i}", new('a', 256));
        var key = await server.Client.CreateKeyAsync(create, server.Root);
        var batch = new ValidateKeysRequest();
        for (var i = 0; i < 10; i++) batch.Requests.Add(new ValidateKeyRequest { ApiKey = key.ApiKey });
        (await server.Client.ValidateKeysAsync(batch, server.Root)).CalculateSize().ShouldBeGreaterThan(64 * 1024);

        using (var raw = await RawHttp2.ConnectAsync(server.GrpcAddress.Port, NoWindow))
        {
            // The connection knows the credential from now on.
            await raw.ReadAsync(
                Http2Frames.Headers, await raw.CallAsync(Service + "GetCaller", server.RootCredential, RawGrpc.Frame([])));
            await raw.ReadAsync(
                Http2Frames.Headers,
                await raw.CallAsync(Service + "ValidateKeys", server.RootCredential, RawGrpc.Frame(batch.ToByteArray())));

            (await CallError.Of(server.Client.ValidateKeysAsync(batch, server.Root))).Code.ShouldBe(StatusCode.ResourceExhausted);
        }

        await Eventually.IsTrueAsync(async () => await AnswersAsync(server, batch), "the permit is free");
    }

    private static async Task<bool> AnswersAsync(TestServer server, ValidateKeysRequest batch)
    {
        try
        {
            await server.Client.ValidateKeysAsync(batch, server.Root);
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            return false;
        }
    }
}
