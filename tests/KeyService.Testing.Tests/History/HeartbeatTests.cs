using KeyService.Testing.History;

namespace KeyService.Testing.Tests.History;

public sealed class HeartbeatTests
{
    [Fact]
    public void A_gap_is_a_stall_from_the_beat_before_it_to_the_one_after_and_a_late_beat_is_none()
    {
        var heart = new Heartbeat(began: 0);
        heart.Beat(Heartbeat.Longest);
        heart.Beat(2 * Heartbeat.Longest);
        heart.StallsSince(0).ShouldBeEmpty();

        heart.Beat((3 * Heartbeat.Longest) + 1);
        heart.Beat((3 * Heartbeat.Longest) + 2);

        var stall = heart.StallsSince(0).ShouldHaveSingleItem();
        (stall.From, stall.Until, stall.Replica).ShouldBe((2 * Heartbeat.Longest, (3 * Heartbeat.Longest) + 1, null));
        heart.StallsSince(stall.Until).ShouldBeEmpty();
    }
}
