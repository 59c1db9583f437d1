using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace KeyService.Server.Tests.Replication;

public class FeedCycleAlarmTests
{
    private readonly Warnings _log = new();

    [Fact]
    public async Task A_watermark_that_an_open_transaction_holds_back_for_ten_seconds_is_told_once_and_again_the_next_time()
    {
        var rig = new FeedRig(TimeSpan.FromSeconds(5), log: _log);
        var above = new KeyChange("a", 12);
        await rig.RunAsync(FeedRig.Answer(1, 10, above));
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        await rig.RunAsync(FeedRig.Answer(2, 10, above));
        _log.Told.ShouldBe(0);

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RunAsync(FeedRig.Answer(3, 10, above));
        await rig.RunAsync(FeedRig.Answer(4, 10, above));
        _log.Told.ShouldBe(1);

        await rig.RunAsync(FeedRig.Answer(5, 13, above));
        rig.Time.Advance(TimeSpan.FromSeconds(11));
        await rig.RunAsync(FeedRig.Answer(6, 13, new KeyChange("a", 14)));
        _log.Told.ShouldBe(2);
    }

    [Fact]
    public async Task While_it_lasts_it_is_told_every_five_minutes_and_once_when_it_is_over()
    {
        var lines = new LogLines<FeedCycle>();
        var rig = new FeedRig(TimeSpan.FromSeconds(5), log: lines);
        var above = new KeyChange("a", 12);
        await rig.RunAsync(FeedRig.Answer(1, 10, above));
        rig.Time.Advance(TimeSpan.FromSeconds(11));
        for (var cycle = 2; cycle < 8; cycle++)
        {
            await rig.RunAsync(FeedRig.Answer(cycle, 10, above));
            rig.Time.Advance(TimeSpan.FromMinutes(1));
        }

        await rig.RunAsync(FeedRig.Answer(8, 13, above));

        lines.All.Where(line => line.Contains("watermark", StringComparison.Ordinal)).ShouldBe(
        [
            "An open transaction has held the feed's watermark back for more than 00:00:10.",
            "Still failing after 00:05:00: watermark (an open transaction); 5 failures since the last line.",
            "No longer failing after 00:06:00: watermark; 6 failures.",
        ]);
    }

    [Fact]
    public async Task A_watermark_that_stands_still_because_nothing_changes_is_no_reason_to_warn()
    {
        var rig = new FeedRig(TimeSpan.FromSeconds(5), log: _log);
        await rig.RunAsync(FeedRig.Answer(1, 10));
        rig.Time.Advance(TimeSpan.FromHours(1));

        await rig.RunAsync(FeedRig.Answer(2, 10));

        _log.Told.ShouldBe(0);
    }

    [Fact]
    public async Task A_name_given_up_because_its_registration_was_not_answered_is_told()
    {
        var rig = new FeedRig(log: _log);
        await rig.FailAsync();
        _log.Told.ShouldBe(0);

        await rig.RunAsync(FeedRig.Answer(1, 10));

        _log.Told.ShouldBe(1);
    }

    private sealed class Warnings : ILogger<FeedCycle>
    {
        public int Told { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning) Told++;
        }
    }
}
