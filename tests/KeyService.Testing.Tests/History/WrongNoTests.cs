using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Testing.History;
using static KeyService.Testing.Tests.History.HistoryBuilder;

namespace KeyService.Testing.Tests.History;

/// <summary>I2.</summary>
public sealed class WrongNoTests
{
    [Fact]
    public void Not_found_after_the_key_was_made_is_found() => Key().Says(Verdict.NotFound, 11, 12, 0).Breaks(Rule.I2);

    [Fact]
    public void Disabled_before_anyone_disabled_it_is_found() => Key().Disabled(11, 12, 1).Breaks(Rule.I2);

    [Fact]
    public void Disabled_after_a_complete_enabling_is_found() =>
        Key().Complete(Off, 20, 30, 2).Complete(On, 40, 50, 3).Disabled(51, 52, 2).Breaks(Rule.I2);

    [Fact]
    public void Disabled_after_the_effective_time_of_an_enabling_is_found() =>
        Key().Complete(Off, 20, 30, 2).Pending(On, 40, 50, 3, effective: 4_000).Disabled(4_001, 4_002, 2).Breaks(Rule.I2);

    [Fact]
    public void A_no_for_a_condition_that_the_key_does_not_have_is_found() => Key().Says(Verdict.Expired, 11, 12, 1).Breaks(Rule.I2);

    [Fact]
    public void Disabled_is_allowed_once_a_later_disabling_was_asked_for() =>
        Key().Complete(Off, 20, 30, 2).Complete(On, 40, 50, 3).Complete(Off, 60, 70, 4).Disabled(61, 62, 4).Holds();

    [Fact]
    public void Disabled_is_allowed_while_an_enabling_is_pending() =>
        Key().Complete(Off, 20, 30, 2).Pending(On, 40, 50, 3, effective: 4_000).Disabled(60, 61, 2).Valid(62, 63, 3, replica: 1).Holds();

    [Fact]
    public void Disabled_is_allowed_when_the_disabling_lost_its_answer() => Key().Broken(20, 30).Lost(Off, 20, 30).Disabled(40, 41, 2).Holds();

    [Fact]
    public void Unavailable_with_nothing_broken_is_found() => Key().Fails(StatusCode.Unavailable, 11, 12).Breaks(Rule.I2);

    [Fact]
    public void Unavailable_more_than_5_s_after_a_fault_is_found() =>
        Key().Broken(20, 30).Fails(StatusCode.Unavailable, 5_031, 5_032).Breaks(Rule.I2);

    [Fact]
    public void Unavailable_at_a_replica_that_nothing_was_done_to_is_found() =>
        Key().Broken(20, 30, replica: 1).Fails(StatusCode.Unavailable, 21, 22, replica: 0).Breaks(Rule.I2);

    [Fact]
    public void As_many_outages_as_the_machine_is_allowed_are_spared_and_one_more_is_not()
    {
        Key().Fails(StatusCode.Unavailable, 11, 12).Fails(StatusCode.DeadlineExceeded, 21, 22).Holds(spared: 2);
        Should.Throw<ShouldAssertException>(() => Key().Fails(StatusCode.Unavailable, 11, 12).Fails(StatusCode.DeadlineExceeded, 21, 22).Holds(spared: 1));
    }

    [Fact]
    public void A_wrong_answer_is_never_spared()
    {
        Key().Says(Verdict.NotFound, 11, 12, 0).Breaks(Rule.I2, spared: 100);
        Key().Fails(StatusCode.NotFound, 11, 12).Breaks(Rule.I2, spared: 100);
        Key().Complete(Off, 20, 30, 2).Valid(31, 32, 1).Breaks(Rule.I1, spared: 100);
    }

    [Fact]
    public void Time_out_with_nothing_broken_is_found() => Key().Fails(StatusCode.DeadlineExceeded, 11, 1_011).Breaks(Rule.I2);

    [Theory]
    [InlineData(StatusCode.Unauthenticated)]
    [InlineData(StatusCode.PermissionDenied)]
    [InlineData(StatusCode.NotFound)]
    public void A_good_caller_refused_is_found_even_in_a_fault(StatusCode code) => Key().Broken(0, 100).Refused(Off, 20, 30, code).Breaks(Rule.I2);

    [Fact]
    public void Unavailable_is_allowed_in_a_fault_and_5_s_after() => Key().Broken(20, 30, replica: 1)
        .Fails(StatusCode.Unavailable, 11, 21, replica: 1).Fails(StatusCode.Unavailable, 25, 26, replica: 1)
        .Fails(StatusCode.DeadlineExceeded, 5_029, 6_029, replica: 1).Holds();

    [Fact]
    public void Any_call_may_fail_while_the_whole_machine_stood_still_and_1_s_after() => Key().Stalled(100, 1_500)
        .Fails(StatusCode.DeadlineExceeded, 50, 1_050).Fails(StatusCode.Unavailable, 2_499, 2_501, replica: 1).Holds();

    [Fact]
    public void Time_out_more_than_1_s_after_the_machine_stood_still_is_found() =>
        Key().Stalled(100, 1_500).Fails(StatusCode.DeadlineExceeded, 2_501, 3_501).Breaks(Rule.I2);

    [Fact]
    public void A_wrong_answer_is_found_though_the_machine_stood_still()
    {
        Key().Stalled(0, 100).Says(Verdict.NotFound, 11, 12, 0).Breaks(Rule.I2);
        Key().Stalled(0, 100).Complete(Off, 20, 30, 2).Valid(31, 32, 1).Breaks(Rule.I1);
    }

    [Fact]
    public void A_change_may_fail_at_any_replica_while_one_may_hold_the_database() => Key().Broken(20, 30, replica: 1).Lost(Off, 21, 25).Holds();
}
