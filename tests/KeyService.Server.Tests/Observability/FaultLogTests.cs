using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Observability;

public class FaultLogTests
{
    private readonly LogLines<FaultLog> _lines = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(1));

    [Fact]
    public void Each_fault_has_a_line_at_once_and_then_every_five_minutes_with_a_count()
    {
        var log = new FaultLog(_time, _lines);
        for (var second = 0; second < 600; second++)
        {
            log.Add("GetKey", "SQL Server error 208");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        log.Add("SetStatus", "SQL Server error 229");
        _lines.All.Count.ShouldBe(3);
        _lines.All[0].ShouldContain("GetKey: the database refuses");
        _lines.All[1].ShouldContain("299 more calls");
        _lines.All[2].ShouldContain("SQL Server error 229");
    }

    [Fact]
    public void Faults_without_end_are_one()
    {
        var log = new FaultLog(_time, _lines);
        for (var i = 0; i < 10_000; i++) log.Add("GetKey", $"fault {i}");

        _lines.All.Count.ShouldBe(101);
    }
}
