using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Observability;

public class OverloadLogTests
{
    private readonly LogLines<OverloadLog> _lines = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(1));

    [Fact]
    public void It_says_once_that_it_begins_and_once_after_a_quiet_time_that_it_is_over()
    {
        var log = new OverloadLog(Samples.Metrics(_time), _time, _lines);
        for (var second = 0; second < 60; second++)
        {
            log.Add(validation: true, RefusalCause.Full);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _lines.All.ShouldHaveSingleItem().ShouldStartWith("Too many validations are under way");

        _time.Advance(LastingFailure.Quiet);
        _lines.All.Count.ShouldBe(2);
        _lines.All[1].ShouldContain("No longer failing");
        log.Add(validation: true, RefusalCause.Full);
        _lines.All.Count.ShouldBe(3);
    }

    [Fact]
    public void Each_class_and_each_cause_speaks_for_itself()
    {
        var log = new OverloadLog(Samples.Metrics(_time), _time, _lines);
        log.Add(validation: true, RefusalCause.Full);
        log.Add(validation: false, RefusalCause.Full);

        _lines.All.Count.ShouldBe(2);
        _lines.All[1].ShouldStartWith("Too many management calls are under way");
        log.Add(validation: false, RefusalCause.CallerShare);
        log.Add(validation: false, RefusalCause.Credential);
        _lines.All.Count.ShouldBe(4);
        _lines.All[2].ShouldStartWith("One caller has its share of the management calls");
    }
}
