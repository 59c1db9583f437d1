using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;
using KeyService.Server.Grpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Grpc;

public class GrpcBodiesTests
{
    private const int Max = 100;

    private readonly DefaultHttpContext _http = new();
    private readonly Pipe _pipe = new();
    private readonly FakeTimeProvider _time = new();

    public GrpcBodiesTests() => _http.Features.Set<IRequestBodyPipeFeature>(new Body(_pipe.Reader));

    [Fact]
    public async Task A_whole_message_is_left_to_the_framework_untouched()
    {
        var frame = Frame(Max);
        await _pipe.Writer.WriteAsync(frame);
        await _pipe.Writer.CompleteAsync();

        (await RefuseAsync()).ShouldBeNull();

        var read = await _pipe.Reader.ReadAsync();
        read.Buffer.Length.ShouldBe(frame.Length);
    }

    [Fact]
    public async Task A_message_in_pieces_is_waited_for()
    {
        var frame = Frame(50);
        var refusal = RefuseAsync().AsTask();
        foreach (var piece in new[] { frame[..3], frame[3..20] })
        {
            await _pipe.Writer.WriteAsync(piece);
            refusal.IsCompleted.ShouldBeFalse();
        }

        await _pipe.Writer.WriteAsync(frame[20..]);
        refusal.IsCompleted.ShouldBeFalse();
        await _pipe.Writer.CompleteAsync();

        (await refusal).ShouldBeNull();
    }

    [Fact]
    public async Task The_length_it_announces_is_enough_to_refuse_it()
    {
        await _pipe.Writer.WriteAsync(Frame(Max + 1)[..5]);

        (await RefuseAsync())!.Code.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task A_compressed_message_is_refused_by_its_flag()
    {
        await _pipe.Writer.WriteAsync(Frame(Max, flag: 1)[..5]);

        (await RefuseAsync())!.Code.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task More_than_one_message_is_refused()
    {
        await _pipe.Writer.WriteAsync((byte[])[.. Frame(50), 0]);

        (await RefuseAsync())!.Code.ShouldBe(StatusCode.InvalidArgument);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(55)]
    public async Task A_message_that_is_not_there_in_time_or_does_not_end_is_refused(int sent)
    {
        await _pipe.Writer.WriteAsync(Frame(50)[..sent]);
        var refusal = RefuseAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(9));
        refusal.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(1));

        (await refusal)!.Code.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task What_ends_before_its_end_is_the_framework_s_to_tell()
    {
        await _pipe.Writer.WriteAsync(Frame(50)[..30]);
        await _pipe.Writer.CompleteAsync();

        (await RefuseAsync()).ShouldBeNull();
    }

    [Theory]
    [InlineData(StatusCodes.Status413PayloadTooLarge, StatusCode.ResourceExhausted)]
    [InlineData(StatusCodes.Status400BadRequest, StatusCode.InvalidArgument)]
    public async Task What_the_server_found_wrong_is_told_as_the_contract_says(int found, StatusCode told)
    {
        await _pipe.Writer.CompleteAsync(new BadHttpRequestException("secret", found));

        (await RefuseAsync())!.Code.ShouldBe(told);
    }

    [Fact]
    public async Task A_client_that_went_away_is_the_framework_s()
    {
        await _pipe.Writer.CompleteAsync(new IOException());

        (await RefuseAsync()).ShouldBeNull();
    }

    /// <summary>Kestrel's reader throws when its connection was aborted at the moment at which the bound ends.</summary>
    [Fact]
    public void A_reader_that_cannot_be_cancelled_any_more_does_not_end_the_process()
    {
        using var bound = BodyBound.Begin(new Aborted(), _time);

        Should.NotThrow(() => _time.Advance(TimeSpan.FromSeconds(10)));

        bound.IsOver.ShouldBeTrue();
    }

    private ValueTask<WireError?> RefuseAsync() => GrpcBodies.RefuseAsync(_http, Max, _time);

    private static byte[] Frame(int length, byte flag = 0)
    {
        var frame = new byte[5 + length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length);
        return frame;
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    private sealed class Aborted : PipeReader
    {
        public override void CancelPendingRead() => throw new IOException("The request stream was aborted.");

        public override void AdvanceTo(SequencePosition consumed) => throw new NotSupportedException();

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) => throw new NotSupportedException();

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();
    }
}
