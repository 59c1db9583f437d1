using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Observability;

public class FaultLogTests
{
    private readonly LogLines<FaultLog> _lines = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(1));

    [Fact]
    public void Each_fault_has_a_line_at_once_and_then_there_is_one_every_five_minutes_with_a_count()
    {
        var log = new FaultLog(Samples.Metrics(_time), _time, _lines);
        for (var second = 0; second < 301; second++)
        {
            log.Add("SQL Server error 208");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        log.Add("SQL Server error 229");
        _lines.All.Count.ShouldBe(3);
        _lines.All[0].ShouldContain("The database refuses");
        _lines.All[1].ShouldContain("failures since the last line");
        _lines.All[2].ShouldContain("SQL Server error 229");
    }

    [Fact]
    public void Faults_without_end_do_not_fill_the_log()
    {
        var log = new FaultLog(Samples.Metrics(_time), _time, _lines);
        for (var i = 0; i < 10_000; i++) log.Add($"fault {i}");

        _lines.All.Count.ShouldBeLessThan(20);
    }
}
