using System.Buffers.Binary;
using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>Between a console and its service: passes each call on, and lets a test hold, count, lose or change the answers of those that it meets.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private static readonly Marshaller<byte[]> AsIs = Marshallers.Create(bytes => bytes, bytes => bytes);

    private readonly ConcurrentDictionary<string, Func<byte[], Func<Task<byte[]>>, Task<byte[]>>> _met = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private Relay(WebApplication app, GrpcChannel channel) => (_app, _channel) = (app, channel);

    public Uri Address => new(_app.Urls.Single());

    public static async Task<Relay> StartAsync(Uri service)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var relay = new Relay(builder.Build(), GrpcChannel.ForAddress(service));
        relay._app.Run(relay.PassAsync);
        await relay._app.StartAsync();
        return relay;
    }

    /// <summary>From here on: what was asked, and what the service answers if it is asked too. An <see cref="RpcException"/> is an answer.</summary>
    public void Meet<TRequest, TResponse>(string method, Func<TRequest, Func<Task<TResponse>>, Task<TResponse>> answer)
        where TRequest : IMessage<TRequest>, new()
        where TResponse : IMessage<TResponse>, new() =>
        _met[method] = async (asked, pass) => (await answer(
            new MessageParser<TRequest>(() => new()).ParseFrom(asked), async () => new MessageParser<TResponse>(() => new()).ParseFrom(await pass()))).ToByteArray();

    /// <summary>Passes all calls on again.</summary>
    public void PassAll() => _met.Clear();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _channel.Dispose();
    }

    private async Task PassAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        // Each message has five bytes before it: whether it is compressed, and its length.
        var asked = body.ToArray()[5..];
        http.Response.ContentType = "application/grpc";
        var (service, name) = http.Request.Path.Value!.Trim('/').Split('/') is [var first, var second] ? (first, second) : ("", "");
        try
        {
            Task<byte[]> Pass() => _channel.CreateCallInvoker()
                .AsyncUnaryCall(new Method<byte[], byte[]>(MethodType.Unary, service, name, AsIs, AsIs), null, new(HeadersOf(http.Request), cancellationToken: http.RequestAborted), asked).ResponseAsync;
            var answer = _met.TryGetValue(name, out var meet) ? await meet(asked, Pass) : await Pass();
            var head = new byte[5];
            BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), answer.Length);
            await http.Response.Body.WriteAsync(head);
            await http.Response.Body.WriteAsync(answer);
            http.Response.AppendTrailer("grpc-status", "0");
        }
        catch (RpcException e)
        {
            http.Response.Headers["grpc-status"] = $"{(int)e.StatusCode}";
            foreach (var trailer in e.Trailers.Where(trailer => trailer.IsBinary)) http.Response.Headers[trailer.Key] = Convert.ToBase64String(trailer.ValueBytes);
        }
    }

    private static Metadata HeadersOf(HttpRequest request)
    {
        var headers = new Metadata();
        foreach (var name in (string[])["authorization", "x-keyservice-actor", "x-keyservice-person"])
        {
            if (request.Headers[name] is [{ } value]) headers.Add(name, value);
        }

        return headers;
    }
}
