using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>Nothing is inflated, whatever it is called, and nothing is sent compressed.</summary>
public sealed class CompressedTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("CreateKey", "gzip", 1)]
    [InlineData("ValidateKey", "gzip", 1)]
    [InlineData("ValidateKey", "zstd", 1)]
    [InlineData("ValidateKey", "identity", 1)]
    [InlineData("ValidateKey", null, 1)]
    [InlineData("ValidateKey", "gzip", 0)]
    [InlineData("GetCaller", "snappy", 0)]
    public async Task Over_gRPC_it_is_unimplemented(string rpc, string? encoding, byte flag)
    {
        using var raw = new RawGrpc(_server);
        var bomb = await PackAsync(new byte[10_000_000]);
        (string, string)[] headers = encoding is null ? [] : [("grpc-encoding", encoding)];

        var (code, http, _, response) = await raw.SendAsync(rpc, RawGrpc.Frame(bomb, flag), headers: headers);

        (code, http).ShouldBe((StatusCode.Unimplemented, HttpStatusCode.OK));
        response.Headers.GetValues("grpc-accept-encoding").ShouldBe(["identity"]);
        (await _workspace.ValidateAsync("x")).Verdict.ShouldBe(Verdict.NotFound);
    }

    [Fact]
    public async Task Identity_is_no_compression()
    {
        using var raw = new RawGrpc(_server);

        (await raw.SendAsync("ValidateKey", RawGrpc.Frame(new ValidateKeyRequest { ApiKey = "x" }), headers: ("grpc-encoding", "identity"))).Code.ShouldBe(StatusCode.OK);
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("gzip", false)]
    [InlineData("br", false)]
    [InlineData("deflate", false)]
    [InlineData("identity, gzip", true)]
    public async Task Over_JSON_it_is_an_unsupported_media_type(string encoding, bool packed)
    {
        foreach (var (path, json) in new[] { ($"/v1/workspaces/{_workspace.Id}/keys", """{"name": "a"}"""), ("/v1/keys:validate", """{"apiKey": "x"}""") })
        {
            var text = Encoding.ASCII.GetBytes(json);
            using var content = new ByteArrayContent(packed ? await PackAsync(text) : text);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            content.Headers.TryAddWithoutValidation("content-encoding", encoding);

            var answer = await JsonAnswer.Post(_server, path, content);

            answer.ShouldBeError(HttpStatusCode.UnsupportedMediaType, 3, "INVALID_FIELD");
            answer.Fields.ShouldBe(["content-encoding"]);
        }

        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_answer_is_compressed_though_the_caller_would_take_it()
    {
        using var raw = new RawGrpc(_server);
        (string, string)[] asks = [("grpc-accept-encoding", "gzip, deflate, br"), ("accept-encoding", "gzip, deflate, br")];
        await _workspace.CreateAsync(request => request.Description = new('d', 1_000));

        foreach (var (rpc, message) in new (string, IMessage)[]
        {
            ("ValidateKey", new ValidateKeyRequest { ApiKey = "x" }), ("ListKeys", new ListKeysRequest { WorkspaceId = _workspace.Id }),
        })
        {
            var (code, _, _, response) = await raw.SendAsync(rpc, RawGrpc.Frame(message), headers: asks);
            code.ShouldBe(StatusCode.OK);
            response.Headers.Contains("grpc-encoding").ShouldBeFalse();
            response.Content.Headers.ContentEncoding.ShouldBeEmpty();
            (await response.Content.ReadAsByteArrayAsync())[0].ShouldBe((byte)0);
        }

        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/workspaces/{_workspace.Id}/keys");
        request.Headers.TryAddWithoutValidation("accept-encoding", "gzip, deflate, br");
        (await JsonAnswer.Send(_server, request, _server.RootCredential)).ShouldBeOk().GetProperty("keys").GetArrayLength().ShouldBe(1);
    }

    private static async Task<byte[]> PackAsync(byte[] content)
    {
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) await gzip.WriteAsync(content);
        return packed.ToArray();
    }
}
