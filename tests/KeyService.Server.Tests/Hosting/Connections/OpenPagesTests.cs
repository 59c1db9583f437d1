using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using System.Security.Claims;
using KeyService.AdminConsole.Service;
using KeyService.Server.Hosting.Connections;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Hosting.Connections;

public sealed class OpenPagesTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConnectionMetrics _metrics;
    private readonly OpenPages _pages;
    private readonly TaskCompletionSource _open = new();

    public OpenPagesTests()
    {
        _metrics = new(_services.GetRequiredService<IMeterFactory>(), TimeProvider.System, new LogLines<ConnectionMetrics>());
        _pages = new(_metrics, most: 10, mostAnonymous: 4);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_person_has_half_of_the_pages_whatever_the_number_of_sessions()
    {
        Enumerable.Range(0, 8).Select(_ => Open(SignedIn("credential"))).Count(IsOpen).ShouldBe(5);
        Enumerable.Range(0, 8).Select(_ => Open(SignedIn("another"))).Count(IsOpen).ShouldBe(3);
        IsOpen(Open(SignedIn("a third"))).ShouldBeTrue();
    }

    [Fact]
    public void Who_is_not_signed_in_takes_no_page_of_who_is()
    {
        Enumerable.Range(0, 8).Select(_ => Open(new())).Count(IsOpen).ShouldBe(2);
        IsOpen(Open(SignedIn("credential"))).ShouldBeTrue();
    }

    [Fact]
    public async Task A_page_that_is_closed_leaves_its_place_once()
    {
        using var closed = new CancellationTokenSource();
        var pages = Enumerable.Range(0, 5).Select(_ => Open(SignedIn("credential"), aborted: closed.Token)).ToList();
        IsOpen(Open(SignedIn("credential"))).ShouldBeFalse();

        await closed.CancelAsync();
        _open.SetResult();
        await Task.WhenAll(pages.Select(page => page.Serving));

        Enumerable.Range(0, 8).Select(_ => Open(SignedIn("credential"), open: new())).Count(IsOpen).ShouldBe(5);
    }

    [Theory]
    [InlineData("/_blazor", false)]
    [InlineData("/_blazor/", false)]
    [InlineData("/_BLAZOR", false)]
    [InlineData("/_blazor/negotiate", true)]
    [InlineData("/_blazor/initializers", true)]
    [InlineData("/_blazor/disconnect", true)]
    [InlineData("/open-api/acme", true)]
    public void A_page_is_connected_by_a_WebSocket_alone(string path, bool isServed)
    {
        var page = Open(SignedIn("credential"), path, isWebSocket: false);

        IsOpen(page).ShouldBe(isServed);
        page.Http.Response.StatusCode.ShouldBe(isServed ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    [Fact]
    public void A_person_is_the_same_in_each_session_and_with_each_token_of_the_issuer()
    {
        static ClaimsPrincipal AtIssuer(string subject, string token) => new(new ClaimsIdentity([new(Person.SubjectClaim, subject), new(Person.CredentialClaim, token)], "cookie"));

        Person.IdOf(SignedIn("a")).ShouldBe(Person.IdOf(SignedIn("a")));
        Person.IdOf(SignedIn("a")).ShouldNotBe(Person.IdOf(SignedIn("b")));
        Person.IdOf(AtIssuer("a", "token-1")).ShouldBe(Person.IdOf(AtIssuer("a", "token-2")));
        Person.IdOf(AtIssuer("a", "token")).ShouldNotBe(Person.IdOf(AtIssuer("b", "token")));
        Person.IdOf(AtIssuer("a", "token")).ShouldNotBe(Person.IdOf(SignedIn("a")));
    }

    private static ClaimsPrincipal SignedIn(string credential) =>
        new(new ClaimsIdentity([new(Person.SessionClaim, Person.NewSession()), new(Person.CredentialClaim, credential)], "cookie"));

    private static bool IsOpen((HttpContext Http, bool IsServed, Task Serving) page) => page.IsServed;

    private (HttpContext Http, bool IsServed, Task Serving) Open(
        ClaimsPrincipal person, string path = "/_blazor", bool isWebSocket = true, CancellationToken aborted = default, TaskCompletionSource? open = null)
    {
        var http = new DefaultHttpContext { User = person, RequestAborted = aborted, Request = { Method = HttpMethods.Get, Path = path } };
        if (isWebSocket) http.Features.Set<IHttpWebSocketFeature>(new WebSockets());
        var isServed = false;
        var serving = _pages.InvokeAsync(http, _ =>
        {
            isServed = true;
            return (open ?? _open).Task;
        });
        return (http, isServed, serving);
    }

    private sealed class WebSockets : IHttpWebSocketFeature
    {
        public bool IsWebSocketRequest => true;

        public Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) => throw new NotSupportedException();
    }
}
