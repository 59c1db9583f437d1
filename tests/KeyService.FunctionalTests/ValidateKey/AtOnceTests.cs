using System.Net;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKey;

/// <summary>
/// The server answers most calls in front of the gRPC framework. A call that names an actor goes by the framework: both must say the same.
/// </summary>
public sealed class AtOnceTests(SharedServer shared)
{
    private const string Actor = "x-keyservice-actor";

    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    public static TheoryData<string> Questions =>
        ["plain", "workspace", "scopes", "address", "other workspace", "missing scope", "mistyped", "forged", "empty", "disabled", "bad field", "bad scope"];

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Both_ways_answer_the_same(string question)
    {
        var created = await _workspace.CreateAsync(key =>
        {
            key.Scopes.Add("pay.*");
            key.Metadata["team"] = "wallet";
        });
        if (question == "disabled") await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);
        var request = new ValidateKeyRequest { ApiKey = created.ApiKey };
        switch (question)
        {
            case "workspace": request.WorkspaceId = _workspace.Id; break;
            case "scopes": request.RequiredScopes.Add("pay.out"); break;
            case "address": request.ClientAddress = "2001:db8::1"; break;
            case "other workspace": request.WorkspaceId = "somebody-else"; break;
            case "missing scope": request.RequiredScopes.Add("admin"); break;
            case "mistyped": request.ApiKey = created.ApiKey[..^1] + (created.ApiKey[^1] == 'a' ? 'b' : 'a'); break;
            case "forged": request.ApiKey = "ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW2s7j50"; break;
            case "empty": request.ApiKey = ""; break;
            case "bad field": request.WorkspaceId = "no such/workspace"; break;
            case "bad scope": request.RequiredScopes.Add("NO"); break;
        }

        using var raw = new RawGrpc(shared.Server);
        var body = RawGrpc.Frame(request);
        // The first teaches the connection its credential and memory the key.
        await raw.SendAsync("ValidateKey", body);
        var atOnce = await raw.SendAsync("ValidateKey", body);
        var byFramework = await raw.SendAsync("ValidateKey", body, headers: (Actor, "somebody"));

        atOnce.Code.ShouldBe(question.StartsWith("bad", StringComparison.Ordinal) ? StatusCode.InvalidArgument : StatusCode.OK);
        atOnce.Code.ShouldBe(byFramework.Code);
        atOnce.Http.ShouldBe(byFramework.Http);
        atOnce.Error.Message.ShouldBe(byFramework.Error.Message);
        (await atOnce.Response.Content.ReadAsByteArrayAsync()).ShouldBe(await byFramework.Response.Content.ReadAsByteArrayAsync());
        HeadersOf(atOnce.Response).ShouldBe(HeadersOf(byFramework.Response));
    }

    [Theory]
    [InlineData(0, "wrong flag")]
    [InlineData(0, "length past the end")]
    [InlineData(0, "length of 4 GB")]
    [InlineData(0, "two messages")]
    [InlineData(0, "empty")]
    [InlineData(0, "half a header")]
    [InlineData(0, "no protobuf")]
    [InlineData(0, "invalid UTF-8")]
    [InlineData(20_000, "large")]
    [InlineData(300_000, "too large")]
    public async Task What_is_no_good_call_gets_the_error_of_the_framework_and_the_next_good_call_works(int padding, string kind)
    {
        var good = new ValidateKeyRequest { ApiKey = (await _workspace.CreateAsync()).ApiKey }.ToByteArray();
        var body = kind switch
        {
            "wrong flag" => RawGrpc.Frame(good, flag: 1),
            "length past the end" => RawGrpc.Frame(good, length: (uint)good.Length + 10),
            "length of 4 GB" => RawGrpc.Frame(good, length: uint.MaxValue),
            "two messages" => [.. RawGrpc.Frame(good), .. RawGrpc.Frame(good)],
            "empty" => [],
            "half a header" => [0, 0],
            "no protobuf" => RawGrpc.Frame([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            "invalid UTF-8" => RawGrpc.Frame([0x0A, 2, 0xC0, 0x80]),
            _ => RawGrpc.Frame(new ValidateKeyRequest { ApiKey = new('a', padding) }),
        };
        using var raw = new RawGrpc(shared.Server);
        await raw.SendAsync("ValidateKey", RawGrpc.Frame(good));

        var (code, _, error, _) = await raw.SendAsync("ValidateKey", body);
        var (expected, _, expectedError, _) = await raw.SendAsync("ValidateKey", body, headers: (Actor, "somebody"));

        code.ShouldBe(expected);
        if (kind != "large") code.ShouldNotBe(StatusCode.OK);
        error.Message.ShouldBe(expectedError.Message);
        (await raw.SendAsync("ValidateKey", RawGrpc.Frame(good))).Code.ShouldBe(StatusCode.OK);
    }

    /// <summary>As clients do that end the stream in a frame of its own, and networks that cut a message in two.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(1_000)]
    public async Task A_message_may_arrive_in_pieces(int size)
    {
        var created = await _workspace.CreateAsync();
        var body = RawGrpc.Frame(new ValidateKeyRequest { ApiKey = created.ApiKey });
        using var http = new HttpClient { BaseAddress = shared.Server.GrpcAddress };

        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/keyservice.v1.ApiKeyService/ValidateKey")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new Pieces(body, size),
            };
            request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
            request.Headers.TryAddWithoutValidation("te", "trailers");
            request.Headers.TryAddWithoutValidation("authorization", $"Bearer {shared.Server.RootCredential}");

            using var response = await http.SendAsync(request);

            var answer = await response.Content.ReadAsByteArrayAsync();
            response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["0"]);
            ValidateKeyResponse.Parser.ParseFrom(answer.AsSpan(5)).Verdict.ShouldBe(Verdict.Valid);
        }
    }

    /// <summary>A key that has to be read, with deadlines, and with what is none.</summary>
    [Theory]
    [InlineData("5S")]
    [InlineData("99999999H")]
    [InlineData("soon")]
    public async Task A_deadline_that_is_long_enough_changes_nothing(string timeout)
    {
        using var raw = new RawGrpc(shared.Server);
        await raw.SendAsync("ValidateKey", RawGrpc.Frame(new ValidateKeyRequest { ApiKey = (await _workspace.CreateAsync()).ApiKey }));
        var created = await _workspace.CreateAsync();

        var answer = await raw.SendAsync("ValidateKey", RawGrpc.Frame(new ValidateKeyRequest { ApiKey = created.ApiKey }), headers: ("grpc-timeout", timeout));

        answer.Code.ShouldBe(StatusCode.OK);
        var read = ValidateKeyResponse.Parser.ParseFrom((await answer.Response.Content.ReadAsByteArrayAsync()).AsSpan(5));
        (read.Verdict, read.KeyId).ShouldBe((Verdict.Valid, created.Key.KeyId));
    }

    private static IEnumerable<string> HeadersOf(HttpResponseMessage response) =>
        response.Headers.Concat(response.Content.Headers).Concat(response.TrailingHeaders).Select(header => header.Key)
            .Where(name => name is not ("Content-Length" or "Date")).Order(StringComparer.Ordinal);

    private sealed class Pieces(byte[] body, int size) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var piece in body.Chunk(size))
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
