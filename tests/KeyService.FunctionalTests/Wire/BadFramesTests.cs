using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Wire;

/// <summary>Whatever arrives: an error, and the next good call works.</summary>
public sealed class BadFramesTests(SharedServer shared)
{
    private const int MaxMessageBytes = 256 * 1024;

    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    public static TheoryData<string> Frames =>
    [
        "wrong flag", "length past the end", "length of 4 GB", "two messages", "empty", "half a header", "no protobuf", "cut protobuf", "invalid UTF-8",
        "deep nesting",
    ];

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task A_bad_frame_is_an_error_and_the_next_good_call_works(string kind)
    {
        using var raw = new RawGrpc(shared.Server);
        var good = _workspace.KeyRequest().ToByteArray();
        var frame = kind switch
        {
            "wrong flag" => RawGrpc.Frame(good, flag: 7),
            "length past the end" => RawGrpc.Frame(good, length: (uint)good.Length + 10),
            "length of 4 GB" => RawGrpc.Frame(good, length: uint.MaxValue),
            "two messages" => [.. RawGrpc.Frame(good), .. RawGrpc.Frame(good)],
            "empty" => [],
            "half a header" => [0, 0],
            "no protobuf" => RawGrpc.Frame([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            "cut protobuf" => RawGrpc.Frame(good[..^3]),
            "invalid UTF-8" => RawGrpc.Frame([.. good, 0x1A, 2, 0xC0, 0x80]),
            _ => RawGrpc.Frame([.. good, .. Enumerable.Repeat((byte)0xA3, 10_000)]),
        };

        var (_, _, error, _) = await raw.SendAsync("CreateKey", frame);

        error.Code.ShouldBeOneOf(StatusCode.InvalidArgument, StatusCode.Internal, StatusCode.ResourceExhausted);
        if (error.Code == StatusCode.InvalidArgument) error.ShouldBeInvalid("body");
        foreach (var word in new[] { "Exception", "Google.", "System.", "   at " }) error.Message.ShouldNotContain(word, Case.Sensitive);
        (await _workspace.ListAsync()).ShouldBeEmpty();
        (await raw.SendAsync("CreateKey", RawGrpc.Frame(good))).Code.ShouldBe(StatusCode.OK);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_compressed_request_is_refused(string encoding)
    {
        using var raw = new RawGrpc(shared.Server);
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(_workspace.KeyRequest().ToByteArray());

        var (code, _, _, response) = await raw.SendAsync(
            "CreateKey", RawGrpc.Frame(packed.ToArray(), flag: 1), headers: ("grpc-encoding", encoding));

        code.ShouldBe(StatusCode.Unimplemented);
        if (response.Headers.TryGetValues("grpc-accept-encoding", out var accepted)) string.Join(',', accepted).ShouldNotContain("gzip");
        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_over_the_limit_is_told_with_details()
    {
        foreach (var size in new[] { MaxMessageBytes + 1, 5 * 1024 * 1024 })
        {
            var error = await CallError.Of(_workspace.Client.CreateKeyAsync(Sized(size), _workspace.Root));

            error.ShouldBe(StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE");
            error.Retry.ShouldBeNull();
        }

        (await _workspace.CreateAsync()).ApiKey.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(MaxMessageBytes)]
    [InlineData(MaxMessageBytes - 1)]
    [InlineData(MaxMessageBytes - 5)]
    [InlineData(MaxMessageBytes - 6)]
    public async Task A_message_just_within_the_limit_is_read(int size)
    {
        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(Sized(size), _workspace.Root));

        error.ShouldBeInvalid("description");
    }

    [Fact]
    public async Task An_unknown_rpc_is_unimplemented()
    {
        using var raw = new RawGrpc(shared.Server);

        foreach (var rpc in new[] { "DropEverything", "getCaller", "GETCALLER", "GetCaller/", "validatekey", "ValidateKe%79", "x/../GetCaller", "x/../ValidateKey", "GetCaller?x=1" })
        {
            // As it is: the client would take out the dots.
            var (code, http, _, _) = await raw.SendAsync(rpc, RawGrpc.Frame([]));
            (code, http).ShouldBe((StatusCode.Unimplemented, HttpStatusCode.OK), rpc);
        }
    }

    [Fact]
    public async Task Headers_over_the_limit_are_refused_and_the_next_good_call_works()
    {
        using var raw = new RawGrpc(shared.Server);

        await Should.ThrowAsync<Exception>(async () =>
        {
            var (code, http, _, _) = await raw.SendAsync("GetCaller", RawGrpc.Frame([]), headers: ("x-flood", new string('a', 20_000)));
            if (code != StatusCode.OK || http != HttpStatusCode.OK) throw new InvalidOperationException("refused");
        });

        (await _workspace.Client.GetCallerAsync(new(), _workspace.Root)).AllWorkspaces.ShouldBeTrue();
    }

    private CreateKeyRequest Sized(int bytes)
    {
        var request = _workspace.KeyRequest(r => r.Description = new('d', bytes - 1_000));
        request.Description += new string('d', bytes - request.CalculateSize());
        request.CalculateSize().ShouldBe(bytes);
        return request;
    }
}
