using KeyService.Server.Replication;

namespace KeyService.Server.Tests.Replication;

public class FeedSignalTests
{
    private readonly FeedSignal _signal = new();

    [Fact]
    public void Nobody_has_asked_at_first()
    {
        _signal.Asked.IsCompleted.ShouldBeFalse();
        _signal.Begin().Asked.ShouldBeFalse();
    }

    [Fact]
    public void A_nudge_asks_for_one_cycle()
    {
        var asked = _signal.Asked;
        _signal.Nudge();
        _signal.Nudge();

        asked.IsCompletedSuccessfully.ShouldBeTrue();
        _signal.Begin().Asked.ShouldBeTrue();
        _signal.Asked.IsCompleted.ShouldBeFalse();
        _signal.Begin().Asked.ShouldBeFalse();
    }

    [Fact]
    public void A_nudge_while_a_cycle_is_under_way_asks_for_the_next()
    {
        _signal.Begin();
        _signal.Nudge();

        _signal.Asked.IsCompleted.ShouldBeTrue();
        _signal.Begin().Asked.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_wants_to_be_fresh_waits_for_a_cycle_that_began_afterwards()
    {
        var underWay = _signal.Begin().Waiting;
        var fresh = _signal.FreshAsync();
        var (asked, waiting) = _signal.Begin();
        underWay.SetResult();
        fresh.IsCompleted.ShouldBeFalse();

        asked.ShouldBeTrue();
        waiting.SetResult();
        await fresh;
    }

    [Fact]
    public async Task All_who_ask_before_it_begins_share_a_cycle_and_its_failure()
    {
        var first = _signal.FreshAsync();
        var second = _signal.FreshAsync();
        _signal.Begin().Waiting.SetException(new Server.Keys.StoreUnavailableException());

        await Should.ThrowAsync<Server.Keys.StoreUnavailableException>(first);
        await Should.ThrowAsync<Server.Keys.StoreUnavailableException>(second);
    }
}
