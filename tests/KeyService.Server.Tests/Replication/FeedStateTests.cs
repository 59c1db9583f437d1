using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Replication;

public class FeedStateTests
{
    private static readonly ReplicaOptions Options = new() { Lease = TimeSpan.FromSeconds(30), Generations = "7", Address = "10.0.0.1:8081" };

    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly Incarnation _replica;
    private readonly FeedState _state;

    public FeedStateTests()
    {
        _replica = Samples.Newborn(_time);
        _state = new FeedState(_replica, TimeSpan.FromSeconds(5), _time);
    }

    [Fact]
    public void The_first_registration_inserts_the_row()
    {
        IsDue().ShouldBeTrue();
        var own = _state.Registration(Options);

        (own.ReplicaId, own.BeatKnown, own.BeatSent).ShouldBe((_replica.ReplicaId, 0, 0));
        (own.Lease, own.Generations, own.Address, own.StartTime).ShouldBe((Options.Lease, "7", "10.0.0.1:8081", Samples.Now));
    }

    [Fact]
    public void After_one_that_was_answered_the_next_is_due_a_second_later()
    {
        Send();
        _state.Registered();

        IsDue().ShouldBeFalse();
        _time.Advance(FeedCycle.RegisterInterval - TimeSpan.FromTicks(1));
        IsDue().ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));
        IsDue().ShouldBeTrue();
        Beats().ShouldBe((1, 1));
    }

    [Fact]
    public void After_one_that_was_not_answered_the_next_is_due_at_once_and_reckons_with_both_beats()
    {
        Send();
        _state.Registered();
        Send();

        IsDue().ShouldBeTrue();
        Beats().ShouldBe((1, 2));
        Send();
        Beats().ShouldBe((1, 3));
        _state.Registered();
        Beats().ShouldBe((3, 3));
    }

    [Fact]
    public void Only_a_first_registration_without_an_answer_is_lost()
    {
        _state.IsFirstRegistrationLost.ShouldBeFalse();
        Send();
        _state.IsFirstRegistrationLost.ShouldBeTrue();
        _state.Registered();
        _state.IsFirstRegistrationLost.ShouldBeFalse();
        Send();
        _state.IsFirstRegistrationLost.ShouldBeFalse();
    }

    [Fact]
    public void A_registration_carries_ticket_and_horizon_of_its_moment()
    {
        (_replica.Ticket, _replica.Horizon) = (7, 5);

        (_state.Registration(Options).Ticket, _state.Registration(Options).Horizon).ShouldBe((7, 5));
    }

    private void Send() => _state.Sent(Moment.Now(_time));

    private bool IsDue() => _state.IsRegistrationDue(Moment.Now(_time), FeedCycle.RegisterInterval);

    private (long Known, long Sent) Beats() => (_state.Registration(Options).BeatKnown, _state.Registration(Options).BeatSent);
}
