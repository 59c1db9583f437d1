using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using static KeyService.Server.Tests.Fakes.PropagationRig;

namespace KeyService.Server.Tests.Replication;

/// <summary>What a look is compared with: what was known before it was sent, and nothing that was learnt while it was under way.</summary>
public class PropagationLookTests
{
    private readonly PropagationRig _rig = new();

    [Fact]
    public async Task A_ticket_lower_than_one_known_before_the_look_is_never_complete()
    {
        _rig.Belief.Current.Ticket = Ticket + 1;
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync();

        (await change).Complete.ShouldBeFalse();
    }

    /// <summary>The feed goes on while the look is under way: what it learns then is later than what the look saw.</summary>
    [Fact]
    public async Task A_higher_ticket_that_the_feed_applies_while_the_look_is_under_way_is_no_doubt()
    {
        _rig.Belief.Current.Ticket = Ticket - 1;
        var change = _rig.ChangeAsync();
        var draw = await _rig.Store.Looks.NextAsync();
        _rig.Belief.Current.Ticket = Ticket + 1;
        _rig.Time.Advance(LookTime);
        draw.Answers(_rig.Found());

        (await change).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task A_registration_that_is_answered_while_the_look_is_under_way_is_no_doubt()
    {
        var change = _rig.ChangeAsync();
        var draw = await _rig.Store.Looks.NextAsync();
        _rig.Belief.Current.IsRegistered = true;
        _rig.Time.Advance(LookTime);
        draw.Answers(_rig.Found() with { Rows = [] });

        (await change).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task A_look_that_failed_is_compared_with_nothing_that_was_learnt_after_the_one_before()
    {
        _rig.Belief.Current.Ticket = Ticket - 1;
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a"));
        var second = await _rig.Store.Looks.NextAsync();
        _rig.Belief.Current.Ticket = Ticket + 1;
        second.Fails(new StoreUnavailableException());
        await _rig.ArmedAsync(TimeSpan.FromMilliseconds(20));
        _rig.Time.Advance(TimeSpan.FromMilliseconds(20));
        await _rig.AnswerAsync(Row("a", Ticket));

        (await change).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task Two_looks_of_different_histories_are_never_complete_though_the_feed_knows_of_none()
    {
        _rig.Incarnations.StartAsNew(NewStart.TooManyChanges);
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a"));
        await _rig.AnswerAsync(_rig.Found() with { Epoch = Samples.OtherEpoch });

        (await change).Complete.ShouldBeFalse();
    }
}
