using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using KeyService.AdminConsole.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.AdminConsole.Tests.Service;

/// <summary>What is logged of a service that is not reached, and of its return.</summary>
public sealed class ServiceChannelTests
{
    private const string Reached = "reaches the service at http://127.0.0.1:1/ again.";
    private static readonly RpcException NoAnswer = new(new Status(StatusCode.DeadlineExceeded, ""));
    private static readonly RpcException Refusal = new(new Status(StatusCode.PermissionDenied, "of the service"));
    private static readonly RpcException Cancellation = new(new Status(StatusCode.Cancelled, "", new OperationCanceledException()));
    private static readonly RpcException Refused = new(new Status(
        StatusCode.Unavailable, "", new HttpRequestException("of the library", new SocketException((int)SocketError.ConnectionRefused))));

    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _log = new();

    [Fact]
    public void Each_cause_is_one_line_and_so_is_the_return()
    {
        using var channel = Channel(new("http://127.0.0.1:1"));

        for (var i = 0; i < 3; i++) channel.Explain(Refused).Kind.ShouldBe(ProblemKind.Away);
        Lines().ShouldHaveSingleItem().ShouldContain("the connection is refused");
        _time.Advance(TimeSpan.FromSeconds(11));
        for (var i = 0; i < 3; i++) channel.Explain(NoAnswer);
        Lines().ShouldHaveSingleItem().ShouldContain("it does not answer in time");
        for (var i = 0; i < 3; i++) channel.Answered();
        Lines().ShouldHaveSingleItem().ShouldEndWith(Reached);
        channel.Explain(Refused);
        Lines().ShouldHaveSingleItem().ShouldContain("the connection is refused");
        for (var i = 0; i < 3; i++) channel.Explain(Refusal);
        Lines().ShouldHaveSingleItem().ShouldEndWith(Reached);
    }

    [Fact]
    public void A_cause_that_stays_is_logged_again_after_five_minutes_and_one_that_changes_often_every_ten_seconds()
    {
        using var channel = Channel(new("http://127.0.0.1:1"));
        channel.Explain(Refused);
        channel.Explain(NoAnswer);
        Lines().ShouldHaveSingleItem().ShouldContain("the connection is refused");

        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        channel.Explain(Refused);
        Lines().ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        channel.Explain(Refused);
        Lines().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_call_that_its_caller_gave_up_says_nothing_of_the_service()
    {
        using var channel = Channel(new("http://127.0.0.1:1"));
        channel.Explain(Refused);
        Lines().ShouldHaveSingleItem();

        channel.Explain(Cancellation);

        Lines().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_port_where_nothing_listens_is_named()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        // Bound and not listening: a connection is refused, and nobody else takes the port.
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        await ShouldSayAsync(new($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}"), "the connection is refused: nothing listens there");
    }

    [Fact]
    public Task A_host_name_that_nobody_knows_is_named() => ShouldSayAsync(new("http://keyservice.invalid:8081"), "its name does not resolve");

    [Fact]
    public async Task A_service_that_accepts_and_is_silent_is_named()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        await ShouldSayAsync(new($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"), "it does not answer in time", TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task A_certificate_of_an_authority_that_is_not_trusted_is_named()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=keyservice-test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        await using var service = builder.Build();
        await service.StartAsync(TestContext.Current.CancellationToken);

        await ShouldSayAsync(new(service.Urls.Single()), "its certificate is of an authority that is not trusted; KeyService:CertificateAuthorities names more");
    }

    private ServiceChannel Channel(Uri address) => new(new() { ServiceAddress = address }, _time, log: _log);

    /// <summary>A real call finds out, and finds it twice.</summary>
    private async Task ShouldSayAsync(Uri address, string cause, TimeSpan? bound = null)
    {
        using var channel = Channel(address);
        for (var i = 0; i < 2; i++)
        {
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + (bound ?? TimeSpan.FromSeconds(30));
            var failure = await Should.ThrowAsync<RpcException>(async () => await channel.Client.GetCallerAsync(new(), deadline: deadline));
            channel.Explain(failure).Kind.ShouldBe(ProblemKind.Away);
        }

        Lines().ShouldBe([$"The console does not reach the service at {address}: {cause}."]);
    }

    /// <summary>Those since the last time.</summary>
    private List<string> Lines()
    {
        var lines = new List<string>();
        while (_log.Written.TryDequeue(out var line)) lines.Add(line);
        return lines;
    }

    private sealed class LogLines : ILogger<ServiceChannel>
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue(formatter(state, exception));
    }
}
