using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Observability;

/// <summary>A line when it begins, one every five minutes with a count, one when it is over.</summary>
public class LastingFailureTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly LogLines<LastingFailureTests> _lines = new();
    private readonly FakeTimeProvider _time = new(Samples.Now);

    [Fact]
    public void An_hour_of_failures_each_second_is_a_line_every_five_minutes_and_one_at_its_end()
    {
        var failure = New(FailureEnd.SuccessOfLoop);
        for (var second = 0; second < 3_600; second++)
        {
            failure.Failed("refused");
            _time.Advance(Second);
        }

        _lines.All.Count.ShouldBe(12);
        _lines.All[0].ShouldBe("Redis is away (refused); memory and the database answer.");
        _lines.All[1].ShouldBe("Still failing after 00:05:00: test (refused); 300 failures since the last line.");

        _time.Advance(LastingFailure.Quiet);
        failure.Succeeded();
        failure.Succeeded();
        _lines.All.Count.ShouldBe(13);
        _lines.All[^1].ShouldStartWith("No longer failing after 01:00:10: test; 3600 failures");
    }

    [Fact]
    public void One_that_comes_and_goes_is_one_failure()
    {
        var failure = New(FailureEnd.SuccessOfLoop);
        for (var second = 0; second < 120; second++)
        {
            if (second % 2 == 0) failure.Failed("refused");
            else failure.Succeeded();
            _time.Advance(Second);
        }

        _lines.All.ShouldHaveSingleItem();
    }

    [Fact]
    public void Another_cause_is_logged_once_and_many_causes_are_no_flood()
    {
        var failure = New(FailureEnd.SuccessOfLoop);
        for (var round = 0; round < 100; round++)
        {
            failure.Failed("refused");
            failure.Failed("closed");
        }

        _lines.All.Count.ShouldBe(2);
        for (var cause = 0; cause < 1_000; cause++) failure.Failed($"cause {cause}");
        _lines.All.Count.ShouldBe(8);
    }

    [Fact]
    public void With_a_success_that_comes_once_it_is_reminded_of_and_ended_by_the_clock()
    {
        var failure = New(FailureEnd.Success);
        failure.Failed("refused");
        for (var minute = 0; minute < 11; minute++) _time.Advance(TimeSpan.FromMinutes(1));
        _lines.All.Count.ShouldBe(3);

        failure.Succeeded();
        _time.Advance(Second);

        _lines.All.Count.ShouldBe(4);
        _time.Advance(TimeSpan.FromHours(1));
        _lines.All.Count.ShouldBe(4);
    }

    [Fact]
    public void While_it_lasts_a_metric_names_the_cause()
    {
        var metrics = Samples.Metrics(_time);
        var failure = new LastingFailure(new("test", Log.RedisLost), metrics, _time, _lines);
        List<string> active = [];
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "keyservice.condition.active") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            if (text.Contains("cause of this test", StringComparison.Ordinal)) active.Add($"{value} {text}");
        });
        listener.Start();

        failure.Failed("cause of this test");
        listener.RecordObservableInstruments();
        active.ShouldBe(["1 condition=test cause=cause of this test"]);

        active.Clear();
        _time.Advance(LastingFailure.Quiet);
        failure.Succeeded();
        listener.RecordObservableInstruments();
        active.ShouldBeEmpty();
    }

    private LastingFailure New(FailureEnd ends) => new(new("test", Log.RedisLost), Samples.Metrics(_time), _time, _lines, ends);
}
