using System.Net.Sockets;
using Grpc.Core;
using KeyService.Server.Grpc;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace KeyService.Server.Tests.Grpc;

public class JsonErrorsTests
{
    private readonly DefaultHttpContext _http = new();

    /// <summary>As google/rpc/code.proto says.</summary>
    [Theory]
    [InlineData(StatusCode.OK, 200)]
    [InlineData(StatusCode.Cancelled, 499)]
    [InlineData(StatusCode.Unknown, 500)]
    [InlineData(StatusCode.InvalidArgument, 400)]
    [InlineData(StatusCode.DeadlineExceeded, 504)]
    [InlineData(StatusCode.NotFound, 404)]
    [InlineData(StatusCode.AlreadyExists, 409)]
    [InlineData(StatusCode.PermissionDenied, 403)]
    [InlineData(StatusCode.Unauthenticated, 401)]
    [InlineData(StatusCode.ResourceExhausted, 429)]
    [InlineData(StatusCode.FailedPrecondition, 400)]
    [InlineData(StatusCode.Aborted, 409)]
    [InlineData(StatusCode.OutOfRange, 400)]
    [InlineData(StatusCode.Unimplemented, 501)]
    [InlineData(StatusCode.Internal, 500)]
    [InlineData(StatusCode.Unavailable, 503)]
    [InlineData(StatusCode.DataLoss, 500)]
    public void Each_code_has_its_status_of_HTTP(StatusCode code, int status) => JsonErrors.HttpStatusOf(new(new(code, ""))).ShouldBe(status);

    [Fact]
    public void What_is_too_large_is_413()
    {
        JsonErrors.HttpStatusOf(GrpcErrors.TooLarge()).ShouldBe(413);
        JsonErrors.HttpStatusOf(GrpcErrors.AnswersTooLarge()).ShouldBe(413);
        JsonErrors.HttpStatusOf(GrpcErrors.Overloaded(CallClass.Validation)).ShouldBe(429);
    }

    [Theory]
    [InlineData("", "Bearer")]
    [InlineData("Basic YTpi", "Bearer")]
    [InlineData("Bearer x", "Bearer error=\"invalid_token\"")]
    public void A_401_names_the_scheme_and_what_was_wrong_with_a_token(string authorization, string challenge)
    {
        if (authorization.Length > 0) _http.Request.Headers.Authorization = authorization;

        JsonErrors.SetHead(_http, GrpcErrors.BadCredential(), 401);

        _http.Response.Headers.WWWAuthenticate.ToString().ShouldBe(challenge);
    }

    [Fact]
    public void A_client_that_went_away_is_no_fault_of_the_service()
    {
        foreach (var exception in new Exception[]
        {
            new ConnectionResetException("reset", new SocketException()), new ConnectionAbortedException(), new IOException("The client reset the request stream."), new TaskCanceledException(),
        })
        {
            JsonErrors.OfBody(_http, exception).ShouldBeOfType<RpcException>().StatusCode.ShouldBe(StatusCode.Cancelled);
        }
    }

    [Fact]
    public void A_body_that_HTTP_cannot_read_is_the_client_s_fault()
    {
        Refused.Info(JsonErrors.OfBody(_http, new IOException("Bad chunk size data.", new OverflowException())).ShouldBeOfType<RpcException>()).Reason.ShouldBe("INVALID_FIELD");
        Refused.Info(JsonErrors.OfBody(_http, new BadHttpRequestException("bad", 400)).ShouldBeOfType<RpcException>()).Reason.ShouldBe("INVALID_FIELD");
        Refused.Info(JsonErrors.OfBody(_http, new BadHttpRequestException("large", 413)).ShouldBeOfType<RpcException>()).Reason.ShouldBe("MESSAGE_TOO_LARGE");
        JsonErrors.OfBody(_http, new BadHttpRequestException("late", 408)).ShouldBeOfType<BodyRejectedException>().HttpStatus.ShouldBe(408);
    }

    [Theory]
    [InlineData("Bearer x", "x")]
    [InlineData("bearer   x", "x")]
    [InlineData("Bearer x y", "x y")]
    [InlineData("Bearer ", "")]
    [InlineData("Bearer", null)]
    [InlineData("Bearer\tx", null)]
    [InlineData(" Bearer x", null)]
    public void Between_scheme_and_credential_is_one_space_or_more(string header, string? credential)
    {
        _http.Request.Headers.Authorization = header;

        Callers.TryReadCredential(_http.Request.Headers, out var read).ShouldBe(credential is not null);
        if (credential is not null) read.ToString().ShouldBe(credential);
    }
}
