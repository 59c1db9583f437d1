using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Observability;

public sealed class ReadinessTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly LogLines<Readiness> _lines = new();
    private readonly Lifetime _lifetime = new();
    private (int Port, string Failure)? _silent;

    public void Dispose() => _lifetime.Dispose();

    [Fact]
    public async Task A_listener_that_does_not_answer_is_logged_once_every_five_minutes_and_when_it_is_back()
    {
        var readiness = new Readiness(
            () => Task.FromResult(_silent), _ => Task.CompletedTask, e => e.GetType().Name, () => true, _lifetime, _time, _lines, Samples.Metrics(_time));
        (await CheckAsync(readiness)).ShouldBe(HealthStatus.Healthy);
        _silent = (8081, "HttpRequestException");
        for (var check = 0; check < 6; check++)
        {
            (await CheckAsync(readiness)).ShouldBe(HealthStatus.Unhealthy);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        _lines.All.ShouldBe(
        [
            "A listener does not answer (port 8081: HttpRequestException): not ready.",
            "Still failing after 00:05:00: listeners (port 8081: HttpRequestException); 4 failures since the last line.",
        ]);
        _silent = null;
        (await CheckAsync(readiness)).ShouldBe(HealthStatus.Healthy);
        (await CheckAsync(readiness)).ShouldBe(HealthStatus.Healthy);
        _lines.All.Skip(2).ShouldBe(["All listeners answer again."]);
    }

    private static async Task<HealthStatus> CheckAsync(Readiness readiness) => (await readiness.CheckHealthAsync(new(), CancellationToken.None)).Status;
}
