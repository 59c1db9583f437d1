using System.Net;
using System.Text;
using System.Text.Json;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>An answer over HTTP, and the requests that lead to one.</summary>
internal sealed record JsonAnswer(HttpStatusCode Status, string Text)
{
    public JsonElement Body => JsonDocument.Parse(Text).RootElement;

    public string Reason => Detail("ErrorInfo").GetProperty("reason").GetString() ?? "";

    /// <summary>The fields named by <c>BadRequest</c>, each once, in order.</summary>
    public IReadOnlyList<string> Fields => [.. Detail("BadRequest").GetProperty("fieldViolations").EnumerateArray()
        .Select(v => v.GetProperty("field").GetString()!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public static Task<JsonAnswer> Get(TestServer server, string path, string? credential = null) =>
        Send(server, new(HttpMethod.Get, path), credential ?? server.RootCredential);

    public static Task<JsonAnswer> Post(TestServer server, string path, string json, string? credential = null) =>
        Post(server, path, new StringContent(json, Encoding.UTF8, "application/json"), credential);

    public static Task<JsonAnswer> Post(TestServer server, string path, HttpContent content, string? credential = null) =>
        Send(server, new(HttpMethod.Post, path) { Content = content }, credential ?? server.RootCredential);

    /// <param name="credential">Empty: no header.</param>
    public static async Task<JsonAnswer> Send(TestServer server, HttpRequestMessage request, string credential)
    {
        if (credential.Length > 0) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {credential}");
        using (request)
        {
            using var response = await server.Http.SendAsync(request);
            return new(response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>An error of the contract: HTTP status, gRPC code, reason and domain.</summary>
    public JsonAnswer ShouldBeError(HttpStatusCode status, int code, string reason)
    {
        Status.ShouldBe(status, Text);
        Body.GetProperty("code").GetInt32().ShouldBe(code);
        Body.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        Reason.ShouldBe(reason);
        Detail("ErrorInfo").GetProperty("domain").GetString().ShouldBe("keyservice");
        return this;
    }

    /// <summary>INVALID_ARGUMENT for exactly these fields.</summary>
    public void ShouldBeInvalid(params string[] fields)
    {
        ShouldBeError(HttpStatusCode.BadRequest, 3, "INVALID_FIELD");
        Fields.ShouldBe([.. fields.Order(StringComparer.Ordinal)]);
    }

    public JsonElement ShouldBeOk()
    {
        Status.ShouldBe(HttpStatusCode.OK, Text);
        return Body;
    }

    public JsonElement Detail(string type)
    {
        Body.TryGetProperty("details", out var details).ShouldBeTrue(Text);
        return details.EnumerateArray().Single(detail => detail.GetProperty("@type").GetString() == $"type.googleapis.com/google.rpc.{type}");
    }
}
