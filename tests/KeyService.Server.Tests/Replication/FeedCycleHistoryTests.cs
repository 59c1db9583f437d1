using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

/// <summary>What shows that the database went back, and what only looks like it.</summary>
public class FeedCycleHistoryTests
{
    private readonly FeedRig _rig = new();

    /// <summary>A revision may be drawn a moment before it is active, and after a failover that lost nothing one that was rolled back is drawn again.</summary>
    [Fact]
    public async Task A_lower_watermark_above_the_horizon_is_no_reason_and_lets_all_settle_anew()
    {
        var rig = await FollowingAsync(watermark: 100);
        var replica = rig.Current;
        await rig.RunAsync(FeedRig.Answer(50, 110));
        await rig.RunAsync(FeedRig.Answer(51, 105));

        (rig.Current, rig.Store.Renewals).ShouldBe((replica, 0));
        await PassAsync(rig, 4.9, watermark: 120, ticket: 60);
        rig.Current.Horizon.ShouldBe(99, "what was drawn before the lower one is not certain");
        await PassAsync(rig, 0.5, watermark: 120, ticket: 200);
        rig.Current.Horizon.ShouldBe(104);
    }

    [Fact]
    public async Task A_watermark_at_the_horizon_is_another_history()
    {
        var rig = await FollowingAsync(watermark: 100);
        var replica = rig.Current;
        await rig.RunAsync(FeedRig.Answer(50, 99));

        rig.Current.ShouldNotBe(replica);
        rig.Store.Renewals.ShouldBe(1);
    }

    [Fact]
    public async Task A_change_that_was_read_and_is_gone_is_another_history()
    {
        var rig = await FollowingAsync(watermark: 100);
        var replica = rig.Current;
        await rig.RunAsync(FeedRig.Answer(50, 120, new KeyChange("a", 110), new KeyChange("b", 115)));
        await rig.RunAsync(FeedRig.Answer(51, 120, new KeyChange("b", 115)));
        rig.Current.ShouldBe(replica, "a later change of the same key is in its place");
        await rig.RunAsync(FeedRig.Answer(52, 120, new KeyChange("a", 110)));

        rig.Current.ShouldNotBe(replica);
        rig.Store.Renewals.ShouldBe(1);
    }

    /// <summary>What a failover does meanwhile goes unseen.</summary>
    [Fact]
    public async Task A_watermark_drawn_before_a_pause_does_not_settle_in_it()
    {
        var rig = await FollowingAsync(watermark: 100);
        await rig.RunAsync(FeedRig.Answer(50, 110));
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        await rig.RunAsync(FeedRig.Answer(51, 120));
        rig.Current.Horizon.ShouldBe(99);

        await PassAsync(rig, 5, watermark: 130, ticket: 60);
        rig.Current.Horizon.ShouldBe(119);
    }

    [Fact]
    public async Task A_fork_that_cannot_be_seen_any_more_is_no_reason_and_another_one_is()
    {
        static FeedAnswer Seen(long ticket, Guid? fork) => FeedRig.Answer(ticket, 20) with { Epoch = new(Samples.Epoch.Row, null, fork) };
        var (first, second) = (new Guid(1, 0, 0, new byte[8]), new Guid(2, 0, 0, new byte[8]));
        await _rig.RunAsync(Seen(1, null));
        var replica = _rig.Current;
        await _rig.RunAsync(Seen(2, first));
        await _rig.RunAsync(Seen(3, null));
        await _rig.RunAsync(Seen(4, first));
        _rig.Current.ShouldBe(replica);
        await _rig.RunAsync(Seen(5, null));

        await _rig.RunAsync(Seen(6, second));
        _rig.Current.ShouldNotBe(replica);
    }

    /// <summary>On SQL Server, with everything below the watermark as its horizon.</summary>
    private static async Task<FeedRig> FollowingAsync(long watermark)
    {
        var rig = new FeedRig(TimeSpan.FromSeconds(5));
        await rig.RunAsync(FeedRig.Answer(1, watermark));
        await PassAsync(rig, 5, watermark, ticket: 2);
        rig.Current.Horizon.ShouldBe(watermark - 1);
        return rig;
    }

    /// <summary>Cycles without news for so long.</summary>
    private static async Task PassAsync(FeedRig rig, double seconds, long watermark, long ticket)
    {
        for (var passed = 0.0; passed < seconds - 0.05; passed += 0.5)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(Math.Min(0.5, seconds - passed)));
            await rig.RunAsync(FeedRig.Answer(ticket++, watermark));
        }
    }
}
