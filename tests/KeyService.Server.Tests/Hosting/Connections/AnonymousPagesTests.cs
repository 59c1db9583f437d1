using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Net;
using KeyService.Server.Hosting.Connections;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Hosting.Connections;

public sealed class AnonymousPagesTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly LogLines<ConnectionMetrics> _log = new();
    private readonly ConnectionMetrics _metrics;
    private readonly TaskCompletionSource _made = new();

    public AnonymousPagesTests() =>
        _metrics = new(_services.GetRequiredService<IMeterFactory>(), TimeProvider.System, _log);

    public void Dispose()
    {
        _metrics.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task A_page_waits_while_another_is_made_and_one_that_finds_no_place_is_refused()
    {
        using var pages = new AnonymousPages(_metrics, most: 1, places: 4);
        var (first, second, third) = (Request(), Request(), Request());
        var making = pages.InvokeWithoutSession(first, MakeAsync);
        var waiting = pages.InvokeWithoutSession(second, MakeAsync);

        await pages.InvokeWithoutSession(third, MakeAsync);

        waiting.IsCompleted.ShouldBeFalse();
        third.Response.StatusCode.ShouldBe(503);
        third.Response.Headers.RetryAfter.ToString().ShouldBe("1");
        ((MemoryStream)third.Response.Body).ToArray().ShouldBe(
            "The console is asked for too many pages at the moment. Try again in a few seconds."u8.ToArray());
        _log.All.ShouldHaveSingleItem().ShouldContain("keyservice_pages_refused_total");
        _made.SetResult();
        await Task.WhenAll(making, waiting);
        foreach (var response in new[] { first.Response, second.Response })
            (response.StatusCode, response.Body.Length, response.ContentLength).ShouldBe((200, 4, 4));
    }

    [Fact]
    public async Task An_address_with_many_pages_leaves_places_to_another()
    {
        using var pages = new AnonymousPages(_metrics, most: 1, places: 4);
        var (first, second, third, other) = (Request(), Request(), Request(), Request(address: "203.0.113.9"));
        var making = new[] { first, second, third, other }.Select(request => pages.InvokeWithoutSession(request, MakeAsync)).ToList();

        (third.Response.StatusCode, other.Response.StatusCode).ShouldBe((503, 200));
        _made.SetResult();
        await Task.WhenAll(making);
        other.Response.Body.Length.ShouldBe(4);
    }

    /// <summary>A client decides when it reads: it must not decide how long others wait.</summary>
    [Fact]
    public async Task A_page_that_is_not_read_lets_the_next_be_made()
    {
        using var pages = new AnonymousPages(_metrics, most: 1, places: 4);
        var (unread, next) = (Request(), Request());
        // With a pause at a byte: what is written is never taken.
        var pipe = new Pipe(new(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        unread.Response.Body = pipe.Writer.AsStream();
        _made.SetResult();
        var sending = pages.InvokeWithoutSession(unread, MakeAsync);

        await pages.InvokeWithoutSession(next, MakeAsync).WaitAsync(TimeSpan.FromSeconds(30));

        sending.IsCompleted.ShouldBeFalse();
        next.Response.Body.Length.ShouldBe(4);
    }

    [Theory]
    [InlineData("POST", "/sign-in", false)]
    [InlineData("GET", "/session/oidc", false)]
    [InlineData("GET", "/_blazor", false)]
    [InlineData("GET", "/sign-in", true)]
    public async Task What_has_limits_of_its_own_and_signed_in_connections_do_not_wait(string method, string path, bool isAuthenticated)
    {
        using var pages = new AnonymousPages(_metrics, most: 1, places: 1);
        var making = pages.InvokeWithoutSession(Request(), MakeAsync);
        var other = Request(method, path, isAuthenticated);

        var answering = pages.InvokeWithoutSession(other, MakeAsync);

        other.Response.StatusCode.ShouldBe(200);
        _made.SetResult();
        await Task.WhenAll(making, answering);
        other.Response.Body.Length.ShouldBe(4);
    }

    /// <summary>The check of a session may wait for the issuer: it must not take the places of the others.</summary>
    [Fact]
    public async Task A_request_with_a_session_waits_after_the_check_of_the_session()
    {
        using var pages = new AnonymousPages(_metrics, most: 1, places: 1);
        var making = pages.InvokeWithoutSession(Request(), MakeAsync);
        var (before, after) = (Request(), Request());
        foreach (var request in new[] { before, after }) request.Request.Headers.Cookie = "keyservice-session=forged";

        var checking = pages.InvokeWithoutSession(before, MakeAsync);
        await pages.InvokeWithSession(after, MakeAsync);

        (before.Response.StatusCode, after.Response.StatusCode).ShouldBe((200, 503));
        _made.SetResult();
        await Task.WhenAll(making, checking);
    }

    private async Task MakeAsync(HttpContext http)
    {
        await _made.Task;
        await http.Response.WriteAsync("page");
    }

    private DefaultHttpContext Request(
        string method = "GET", string path = "/sign-in", bool isAuthenticated = false, string address = "127.0.0.1")
    {
        var table = new ConnectionTable(new() { Connections = 100 }, _metrics);
        var open = table.Add(new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) })!;
        if (isAuthenticated) open.MarkAuthenticated("person");
        var http = new DefaultHttpContext();
        (http.Request.Method, http.Request.Path, http.Response.Body) = (method, path, new MemoryStream());
        http.Features.Set(open);
        return http;
    }
}
