using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

public class DatabaseClockTests
{
    private static readonly DateTimeOffset There = Samples.Now.AddMinutes(10);

    private readonly FeedRig _rig = new();

    [Fact]
    public async Task A_cycle_tells_the_time_though_nobody_ever_looked_at_the_table()
    {
        // A process whose own calendar is 10 minutes behind would else promise an effective time that is too early.
        await _rig.RunAsync(FeedRig.Answer(ticket: 1, watermark: 1) with { DatabaseTime = There });
        _rig.Time.Advance(TimeSpan.FromSeconds(3));

        _rig.Clock.Now().ShouldBe(There.AddSeconds(3));
    }

    [Fact]
    public void It_is_reckoned_from_when_the_question_was_sent_so_that_it_is_never_behind()
    {
        var sent = Moment.Now(_rig.Time);
        _rig.Time.Advance(TimeSpan.FromSeconds(2));

        _rig.Clock.Told(There, sent);

        _rig.Clock.Now().ShouldBe(There.AddSeconds(2));
    }

    [Fact]
    public void An_answer_that_overtook_another_counts()
    {
        var first = Moment.Now(_rig.Time);
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        var second = Moment.Now(_rig.Time);

        _rig.Clock.Told(There, second);
        _rig.Clock.Told(There.AddHours(-1), first);

        _rig.Clock.Now().ShouldBe(There);
    }
}
