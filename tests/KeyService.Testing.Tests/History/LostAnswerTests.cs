using KeyService.Contracts.V1;
using KeyService.Testing.History;
using static KeyService.Testing.Tests.History.HistoryBuilder;

namespace KeyService.Testing.Tests.History;

/// <summary>I4.</summary>
public sealed class LostAnswerTests
{
    [Fact]
    public void A_lost_change_that_happens_after_its_repetition_is_found() => Key().Complete(Off, 20, 30, 2).Broken(40, 50)
        .Lost(On, 40, 50).Complete(On, 60, 70, 3).Complete(Off, 80, 90, 4).Valid(91, 92, 5).Breaks(Rule.I4);

    [Fact]
    public void A_lost_disabling_that_happens_after_its_repetition_is_found() => Key().Broken(20, 30)
        .Lost(Off, 20, 30).Complete(Off, 40, 50, 2).Complete(On, 60, 70, 3).Disabled(80, 81, 4).Breaks(Rule.I4);

    [Fact]
    public void A_lost_change_does_not_excuse_the_older_record_once_it_was_repeated() =>
        Key().Broken(20, 30).Lost(Off, 20, 30).Complete(Off, 40, 50, 2).Valid(51, 52, 1).Breaks(Rule.I1);

    [Fact]
    public void A_lost_change_does_not_explain_a_revision_from_before_it() => Key().Complete(Off, 20, 30, 4).Complete(On, 32, 34, 6)
        .Broken(40, 50).Lost(Off, 40, 50).Disabled(51, 52, 5).Breaks(Rule.I2);

    [Fact]
    public void Both_outcomes_are_allowed_until_then() =>
        Key().Broken(20, 30).Lost(Off, 20, 30).Valid(40, 41, 1).Disabled(50, 51, 2).Holds();

    [Fact]
    public void It_may_happen_long_after_the_client_gave_up() =>
        Key().Broken(20, 30).Lost(Off, 20, 30).Valid(40_000, 40_001, 1).Disabled(50_000, 50_001, 2).Holds();

    [Fact]
    public void A_repetition_may_find_it_done() =>
        Key().Broken(20, 30).Lost(Off, 20, 30).Disabled(35, 36, 2).Complete(Off, 40, 50, 2).Disabled(51, 52, 2).Holds();

    [Fact]
    public void A_repetition_may_be_pending_too() => Key().Broken(20, 30)
        .Lost(Off, 20, 30).Pending(Off, 40, 50, 2, effective: 4_000).Valid(60, 61, 1).Disabled(4_001, 4_002, 2).Holds();

    [Fact]
    public void Only_a_later_call_is_a_repetition() => Key().Broken(20, 60)
        .Lost(Off, 20, 60).Complete(Off, 30, 40, 2, client: "another").Complete(On, 42, 44, 3, client: "another").Disabled(70, 71, 4).Holds();
}
