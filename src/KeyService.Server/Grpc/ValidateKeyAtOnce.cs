using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// ValidateKey over gRPC when nothing has to be waited for and nothing is wrong: the connection knows the credential, and memory or the tag
/// knows the answer (walk of ValidateKey, step 1). It stands in front of the gRPC framework, which costs more than the rest of such a call
/// (<c>tests/KeyService.Benchmarks</c> compares the two); whatever else a call may be, the framework gets untouched.
/// </summary>
internal sealed class ValidateKeyAtOnce(CredentialValidator credentials, KeyValidator validator, Metrics metrics, TimeProvider time)
{
    private const int HeaderLength = 5;

    /// <summary>Above what any question needs, and below every limit of the framework, so that it is the one to refuse.</summary>
    private const int MaxBodyLength = 16 * 1024;

    private static readonly string Path = $"/{ApiKeyService.Descriptor.FullName}/ValidateKey";
    private static readonly byte[] NotFound = ValidateKeyCalls.Encode(KeyVerdict.NotFound);

    public Task InvokeAsync(HttpContext http, RequestDelegate next) =>
        http.Request.Path.Value == Path && IsOrdinary(http.Request) ? AnswerAsync(http, next) : next(http);

    private static bool IsOrdinary(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Protocol == HttpProtocol.Http2
        && request.ContentType is "application/grpc" or "application/grpc+proto"
        && request.ContentLength is null or <= MaxBodyLength
        && request.Headers["grpc-encoding"].Count == 0 && !Callers.HasActor(request.Headers);

    private async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        var reader = http.Request.BodyReader;
        try
        {
            var read = await reader.ReadAsync();
            // Some clients end the stream in a frame of its own.
            while (!read.IsCompleted && read.Buffer.Length <= MaxBodyLength)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                read = await reader.ReadAsync();
            }

            if (read.IsCompleted && TryAnswer(http, read.Buffer, out var reply))
            {
                reader.AdvanceTo(read.Buffer.End);
                Write(http, reply);
                return;
            }

            reader.AdvanceTo(read.Buffer.Start);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client went away: the framework meets the same at its own read, and knows how to end such a call.
        }

        await next(http);
    }

    /// <summary>False, with nothing sent and nothing said, when the call has to wait or is not as it should be.</summary>
    private bool TryAnswer(HttpContext http, in ReadOnlySequence<byte> body, out byte[] reply)
    {
        reply = NotFound;
        var arrival = Moment.Now(time);
        if (!TryParse(body, out var request) || !RequestRules.TryCheck(request, out var question)) return false;
        if (!Callers.TryReadCredential(http.Request.Headers, out var credential)
            || !credentials.TryValidateAgain(
                credential, http.Features.Get<LastCredential>(), http.Connection.RemoteIpAddress, arrival, out var caller)
            || !caller.Rights.Holds(Permissions.Validate)
            || !validator.TryValidateAtOnce(question, caller.Rights, arrival, out var verdict))
        {
            return false;
        }

        if (verdict.Verdict != Validation.Verdict.NotFound) reply = ValidateKeyCalls.Reply(verdict);
        metrics.Answered((int)verdict.Verdict);
        metrics.Called(ValidateKeyCalls.Rpc, nameof(StatusCode.OK), arrival.Timestamp);
        return true;
    }

    /// <summary>One message, not compressed, whole, and nothing after it.</summary>
    private static bool TryParse(in ReadOnlySequence<byte> body, out ValidateKeyRequest request)
    {
        request = null!;
        if (body.Length < HeaderLength) return false;
        Span<byte> header = stackalloc byte[HeaderLength];
        body.Slice(0, HeaderLength).CopyTo(header);
        if (header[0] != 0 || BinaryPrimitives.ReadUInt32BigEndian(header[1..]) != body.Length - HeaderLength) return false;
        try
        {
            request = ValidateKeyRequest.Parser.ParseFrom(body.Slice(HeaderLength));
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static void Write(HttpContext http, byte[] reply)
    {
        http.Response.ContentType = "application/grpc";
        var writer = http.Response.BodyWriter;
        var frame = writer.GetSpan(HeaderLength + reply.Length);
        frame[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(frame[1..], reply.Length);
        reply.CopyTo(frame[HeaderLength..]);
        writer.Advance(HeaderLength + reply.Length);
        http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
    }
}
