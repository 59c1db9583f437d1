using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>ValidateKey may have 64 KiB; what management may have is in Wire and Json.</summary>
public sealed class BodyLimitsTests(SharedServer shared)
{
    private const int MaxBytes = 64 * 1024;

    private readonly TestServer _server = shared.Server;
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-6)]
    public async Task A_question_just_within_the_limit_is_read(int beyond) =>
        (await CallError.Of(_workspace.Client.ValidateKeyAsync(Sized(MaxBytes + beyond), _workspace.Root))).ShouldBeInvalid("workspace_id");

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(100_000, false)]
    [InlineData(5_000_000, false)]
    [InlineData(5_000_000, true)]
    public async Task A_question_over_the_limit_is_told_with_details_and_the_next_call_works(int beyond, bool lengthGiven)
    {
        using var raw = new RawGrpc(_server);
        var frame = RawGrpc.Frame(Sized(MaxBytes + beyond));
        using HttpContent body = lengthGiven ? new ByteArrayContent(frame) : new HalfBody(frame, _ => Task.CompletedTask);

        var (_, _, error, _) = await raw.SendAsync("ValidateKey", body);

        error.ShouldBe(StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE").Retry.ShouldBeNull();
        (await raw.SendAsync("ValidateKey", RawGrpc.Frame(new ValidateKeyRequest { ApiKey = "x" }))).Code.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task More_than_was_announced_is_an_error()
    {
        using var raw = new RawGrpc(_server);
        using var body = new HalfBody([.. RawGrpc.Frame(new ValidateKeyRequest { ApiKey = "x" }), .. new byte[300_000]], _ => Task.CompletedTask);

        var (_, _, error, _) = await raw.SendAsync("ValidateKey", body);

        error.Code.ShouldBeOneOf(StatusCode.Internal, StatusCode.ResourceExhausted, StatusCode.InvalidArgument);
        (await _workspace.ValidateAsync("x")).Verdict.ShouldBe(Verdict.NotFound);
    }

    [Theory]
    [InlineData(MaxBytes - 100, HttpStatusCode.BadRequest)]
    [InlineData(MaxBytes + 100, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(200_000, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Over_JSON_the_limit_is_the_same(int size, HttpStatusCode status)
    {
        foreach (var chunked in new[] { false, true })
        {
            using var content = new ByteArrayContent(Encoding.ASCII.GetBytes($$"""{"apiKey": "x", "workspaceId": "{{new string('w', size - 40)}}"}"""));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/keys:validate") { Content = content };
            request.Headers.TransferEncodingChunked = chunked;

            var answer = await JsonAnswer.Send(_server, request, _server.RootCredential);

            answer.Status.ShouldBe(status);
            if (status == HttpStatusCode.RequestEntityTooLarge) answer.ShouldBeError(status, 8, "MESSAGE_TOO_LARGE");
            else answer.ShouldBeInvalid("workspace_id");
        }

        (await JsonAnswer.Get(_server, "/v1/caller")).ShouldBeOk();
    }

    private static ValidateKeyRequest Sized(int bytes)
    {
        var request = new ValidateKeyRequest { ApiKey = "x", WorkspaceId = new('w', bytes - 100) };
        request.WorkspaceId += new string('w', bytes - request.CalculateSize());
        request.CalculateSize().ShouldBe(bytes);
        return request;
    }
}
