using Google.Rpc;
using KeyService.Server.Grpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Tests.Grpc;

public class WireErrorsTests
{
    private const string Details = "grpc-status-details-bin";

    private readonly DefaultHttpContext _context = new();

    public WireErrorsTests() => _context.SetEndpoint(Of(CallRules.Of("CreateKey")));

    [Fact]
    public async Task What_is_not_of_the_contract_keeps_its_errors()
    {
        _context.SetEndpoint(Of());

        await WireErrors.Explain(_context, context =>
        {
            context.Response.Headers["grpc-status"] = "2";
            return Task.CompletedTask;
        });

        _context.Response.Headers["grpc-status"].ToString().ShouldBe("2");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_that_the_framework_found_too_large_gets_the_contract_s_details(bool later)
    {
        await WireErrors.Explain(_context, async context =>
        {
            if (later) await Task.Yield();
            context.Response.Headers["grpc-status"] = "8";
            context.Response.Headers["grpc-message"] = "Received message exceeds the maximum configured message size.";
        });

        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(_context.Response.Headers[Details].ToString()));
        status.GetDetail<ErrorInfo>()!.Reason.ShouldBe("MESSAGE_TOO_LARGE");
        _context.Response.Headers["grpc-message"].ToString().ShouldBe("The message is too large.");
    }

    [Fact]
    public async Task A_message_that_the_framework_could_not_read_is_an_invalid_argument()
    {
        await WireErrors.Explain(_context, context =>
        {
            context.Response.Headers["grpc-status"] = "2";
            context.Response.Headers["grpc-message"] = "Exception was thrown by handler.";
            return Task.CompletedTask;
        });

        _context.Response.Headers["grpc-status"].ToString().ShouldBe("3");
        _context.Response.Headers["grpc-message"].ToString().ShouldBe("`body` could not be read.");
        Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(_context.Response.Headers[Details].ToString())).GetDetail<ErrorInfo>()!
            .Reason.ShouldBe("INVALID_FIELD");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    [InlineData("")]
    public async Task Every_other_answer_stays_as_it_is(string status)
    {
        await WireErrors.Explain(_context, context =>
        {
            context.Response.Headers["grpc-status"] = status;
            return Task.CompletedTask;
        });

        _context.Response.Headers.ContainsKey(Details).ShouldBeFalse();
        _context.Response.Headers.ContainsKey("grpc-message").ShouldBeFalse();
    }

    [Fact]
    public async Task Details_that_are_there_stay()
    {
        await WireErrors.Explain(_context, context =>
        {
            context.Response.Headers["grpc-status"] = "8";
            context.Response.Headers[Details] = "own";
            return Task.CompletedTask;
        });

        _context.Response.Headers[Details].ToString().ShouldBe("own");
    }

    [Fact]
    public async Task An_answer_that_is_on_its_way_is_not_touched()
    {
        _context.Features.Set<IHttpResponseFeature>(new Started());
        _context.Response.Headers["grpc-status"] = "8";

        await WireErrors.Explain(_context, _ => Task.CompletedTask);

        _context.Response.Headers.ContainsKey(Details).ShouldBeFalse();
    }

    private static Endpoint Of(params object[] metadata) => new(_ => Task.CompletedTask, new(metadata), "");

    private sealed class Started : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
