using KeyService.Server.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Observability;

/// <summary>What any provider gets of lines that a client can cause.</summary>
public sealed class GuardedLoggerTests : IDisposable
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly Lines _lines = new();
    private readonly ServiceProvider _services;
    private readonly ILoggerFactory _factory;

    public GuardedLoggerTests()
    {
        _services = new ServiceCollection().AddSingleton<TimeProvider>(_time)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_lines)).AddGuardedLogging().BuildServiceProvider();
        _factory = _services.GetRequiredService<ILoggerFactory>();
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Of_a_flood_of_one_kind_a_few_lines_are_written_a_minute_and_the_rest_is_counted()
    {
        var kestrel = _factory.CreateLogger(Kestrel);
        for (var i = 0; i < 10_000; i++) kestrel.Log(LogLevel.Critical, new EventId(7), "exceeded the queue size {Connection}", i);
        kestrel.Log(LogLevel.Critical, new EventId(8), "another kind");
        _lines.All.Count.ShouldBe(LogLimiter.MaxForeign + 1);

        _time.Advance(LogLimiter.Period);
        _lines.All.Count.ShouldBe(LogLimiter.MaxForeign + 2);
        _lines.All[^1].Text.ShouldBe($"{10_000 - LogLimiter.MaxForeign} more lines of {Kestrel}, event 7, were left out within 00:01:00; keyservice_log_lines_total counts them.");

        kestrel.Log(LogLevel.Critical, new EventId(7), "exceeded the queue size {Connection}", 0);
        _lines.All.Count.ShouldBe(LogLimiter.MaxForeign + 3);
    }

    /// <summary>The framework begins both where its category is enabled at Critical.</summary>
    [Theory]
    [InlineData(LogLevel.Warning, false)]
    [InlineData(LogLevel.Information, true)]
    public void An_activity_and_a_log_scope_begin_only_for_requests_whose_lines_are_written(LogLevel level, bool begin)
    {
        using var services = new ServiceCollection().AddSingleton<TimeProvider>(_time)
            .AddLogging(logging => logging.AddFilter("Microsoft", level).AddProvider(_lines)).AddGuardedLogging().BuildServiceProvider();

        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics");

        log.IsEnabled(LogLevel.Critical).ShouldBe(begin);
        log.IsEnabled(LogLevel.Error).ShouldBeTrue();
    }

    [Fact]
    public void A_provider_that_throws_loses_its_line_and_ends_nothing_that_logs()
    {
        using var failing = new FailingProvider();
        _factory.AddProvider(failing);

        var own = _factory.CreateLogger("KeyService.Part");
        own.LogWarning("x");
        for (var i = 0; i <= LogLimiter.MaxForeign; i++) _factory.CreateLogger(Kestrel).LogWarning("x");
        // From a timer: an exception would end the process.
        _time.Advance(LogLimiter.Period);

        failing.Asked.ShouldBe(1 + LogLimiter.MaxForeign + 1);
    }

    [Fact]
    public void Any_number_of_kinds_takes_a_bounded_number_of_lines()
    {
        for (var i = 0; i < 10 * LogLimiter.MaxKinds; i++) _factory.CreateLogger($"Library.Part{i}").LogWarning("x");

        _lines.All.Count.ShouldBeLessThanOrEqualTo(LogLimiter.MaxKinds + LogLimiter.MaxForeign);
    }

    [Fact]
    public void Lines_that_the_operator_asked_for_have_a_wider_limit()
    {
        var routing = _factory.CreateLogger("Microsoft.AspNetCore.Routing");
        for (var i = 0; i < 2 * LogLimiter.MaxDetail; i++) routing.LogDebug("x");

        _lines.All.Count.ShouldBe(LogLimiter.MaxDetail);
    }

    [Fact]
    public void Message_values_and_exception_are_escaped_and_of_the_head_of_a_request_nothing_is_written()
    {
        _factory.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").LogInformation(
            new InvalidOperationException("a\nfail: b"), "Request starting {Method} {Scheme}://{Host}{Path}{QueryString} - {ContentType}",
            "GET", "http", "marker-host", "/v1/w\r\nFAKE", "?apiKey='marker query'", "marker/type");

        var line = _lines.All.ShouldHaveSingleItem();
        line.Text.ShouldBe("Request starting GET http://[removed]/v1/w\\r\\nFAKE[removed] - [removed]");
        var everything = string.Join('|', line.Values.Select(value => $"{value.Key}={value.Value}")) + line.Exception;
        everything.ShouldNotContain("marker");
        everything.ShouldContain("System.InvalidOperationException: a\\nfail: b");
        everything.ShouldNotContain('\n');
    }

    [Fact]
    public void What_the_server_quotes_of_a_bad_request_is_cut_out()
    {
        _factory.CreateLogger(Kestrel + ".BadRequests").LogDebug(
            new BadHttpRequest("Invalid request header: 'x-secret: it's marker\\x00'"), "bad request data: {Message}", "Invalid request header: 'x-secret: it's marker'");

        var line = _lines.All.ShouldHaveSingleItem();
        (line.Text + line.Exception + line.Exception!.Message).ShouldNotContain("marker");
    }

    [Fact]
    public void Scopes_are_escaped_when_they_are_written()
    {
        var logger = _factory.CreateLogger("KeyService.Server");
        using (logger.BeginScope("path {Path}", "/w\nFAKE")) logger.LogInformation("x");

        _lines.All.ShouldHaveSingleItem().Scope.ShouldContain("path /w\\nFAKE");
    }

    private sealed class BadHttpRequest(string message) : Exception(message);

    private sealed record Line(string Text, IReadOnlyList<KeyValuePair<string, object?>> Values, Exception? Exception, string Scope);

    private sealed class Lines : ILoggerProvider, ISupportExternalScope, ILogger
    {
        private IExternalScopeProvider _scopes = null!;

        public List<Line> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var scopes = "";
            _scopes.ForEachScope((scope, _) => scopes += scope, 0);
            All.Add(new(formatter(state, exception), (IReadOnlyList<KeyValuePair<string, object?>>)state!, exception, scopes));
        }

        public void Dispose()
        {
            // Nothing is kept.
        }
    }

    private sealed class FailingProvider : ILoggerProvider, ILogger
    {
        public int Asked { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Asked++;
            throw new IOException();
        }

        public void Dispose()
        {
            // Nothing is kept.
        }
    }
}
