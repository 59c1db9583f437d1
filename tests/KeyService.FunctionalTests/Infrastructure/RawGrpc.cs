using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Grpc.Core;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>gRPC by hand over HTTP/2, for what no gRPC library would send.</summary>
internal sealed class RawGrpc(TestServer server) : IDisposable
{
    // For calls that say Expect: 100-continue, whose body is sent when the server begins to read it.
    private readonly HttpClient _http = new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = server.GrpcAddress };

    /// <summary>The header of every call: the root credential, unless a test says otherwise; empty: none.</summary>
    public string Authorization { get; init; } = $"Bearer {server.RootCredential}";

    /// <summary>Flag, length, message.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0, uint? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    /// <returns>The gRPC status, the HTTP status and the details; <c>grpc-status</c> -1 when there is none.</returns>
    public async Task<(StatusCode Code, HttpStatusCode Http, CallError Error, HttpResponseMessage Response)> SendAsync(
        string rpc, byte[] body, string contentType = "application/grpc", params (string Name, string Value)[] headers)
    {
        using var content = new ByteArrayContent(body);
        return await SendAsync(rpc, content, contentType, headers);
    }

    /// <inheritdoc cref="SendAsync(string, byte[], string, ValueTuple{string, string}[])"/>
    public async Task<(StatusCode Code, HttpStatusCode Http, CallError Error, HttpResponseMessage Response)> SendAsync(
        string rpc, HttpContent content, string contentType = "application/grpc", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{server.GrpcAddress}keyservice.v1.ApiKeyService/{rpc}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (Authorization.Length > 0) request.Headers.TryAddWithoutValidation("authorization", Authorization);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var response = await _http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        string Value(string name) =>
            response.TrailingHeaders.TryGetValues(name, out var trailer) ? trailer.First()
            : response.Headers.TryGetValues(name, out var header) ? header.First() : "";
        var code = int.TryParse(Value("grpc-status"), CultureInfo.InvariantCulture, out var number) ? (StatusCode)number : (StatusCode)(-1);
        var details = Value("grpc-status-details-bin");
        var error = new CallError(
            code, Uri.UnescapeDataString(Value("grpc-message")),
            Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
        return (code, response.StatusCode, error, response);
    }

    public void Dispose() => _http.Dispose();
}
