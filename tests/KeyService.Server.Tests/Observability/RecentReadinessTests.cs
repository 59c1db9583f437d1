using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Observability;

public sealed class RecentReadinessTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly PendingCalls<bool, bool> _pings = new();
    private readonly Lifetime _lifetime = new();
    private readonly RecentReadiness _readiness;

    public RecentReadinessTests() => _readiness = new(
        new(
            () => Task.FromResult<(int, string)?>(null), async _ => await _pings.Add(true), e => e.GetType().Name, () => true, _lifetime, _time, NullLogger<Readiness>.Instance,
            Samples.Metrics(_time)), _lifetime, _time);

    public void Dispose() => _lifetime.Dispose();

    [Fact]
    public async Task However_many_ask_the_database_is_asked_once_a_second()
    {
        var checks = Enumerable.Range(0, 100).Select(_ => CheckAsync()).ToList();
        (await _pings.NextAsync()).Answers(true);
        foreach (var check in checks) (await check).ShouldBe(HealthStatus.Healthy);
        (await CheckAsync()).ShouldBe(HealthStatus.Healthy);
        _pings.Count.ShouldBe(1);

        _time.Advance(RecentReadiness.MaxAge);
        var next = CheckAsync();
        (await _pings.NextAsync()).Fails(new IOException());
        (await next).ShouldBe(HealthStatus.Unhealthy);
        (await CheckAsync()).ShouldBe(HealthStatus.Unhealthy);
        _pings.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_goes_away_leaves_the_answer_to_the_others()
    {
        using var gone = new CancellationTokenSource();
        var first = _readiness.CheckHealthAsync(new(), gone.Token);
        var second = CheckAsync();
        var ping = await _pings.NextAsync();

        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        ping.Answers(true);

        (await second).ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public async Task That_the_process_stops_is_said_at_once()
    {
        var check = CheckAsync();
        (await _pings.NextAsync()).Answers(true);
        (await check).ShouldBe(HealthStatus.Healthy);

        _lifetime.StopApplication();

        (await CheckAsync()).ShouldBe(HealthStatus.Unhealthy);
    }

    private async Task<HealthStatus> CheckAsync() => (await _readiness.CheckHealthAsync(new())).Status;
}
