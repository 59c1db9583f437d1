using KeyService.Contracts.V1;
using KeyService.Testing.History;
using static KeyService.Testing.Tests.History.HistoryBuilder;

namespace KeyService.Testing.Tests.History;

/// <summary>I1.</summary>
public sealed class OlderRecordTests
{
    [Fact]
    public void Valid_after_a_complete_disabling_is_found() => Key().Complete(Off, 20, 30, revision: 2).Valid(31, 32, revision: 1).Breaks(Rule.I1);

    [Fact]
    public void Valid_is_found_at_any_later_time() =>
        Key().Valid(11, 12, 1).Complete(Off, 20, 30, 2).Disabled(31, 32, 2).Valid(90_000, 90_001, 1, replica: 2, client: "another").Breaks(Rule.I1);

    [Fact]
    public void Valid_after_the_effective_time_of_a_pending_disabling_is_found() =>
        Key().Pending(Off, 20, 30, 2, effective: 4_000).Valid(4_001, 4_002, 1).Breaks(Rule.I1);

    [Fact]
    public void Valid_with_the_revision_of_the_disabling_is_found() => Key().Complete(Off, 20, 30, 2).Valid(31, 32, 2).Breaks(Rule.I1);

    [Fact]
    public void Valid_with_a_revision_from_nowhere_is_found() => Key().Complete(Off, 20, 30, 2).Valid(31, 32, 7).Breaks(Rule.I1);

    [Fact]
    public void An_older_enabling_is_found_after_a_later_one_was_complete() =>
        Key().Complete(Off, 20, 30, 2).Complete(On, 40, 50, 3).Complete(Off, 60, 70, 4).Complete(On, 80, 90, 5).Valid(91, 92, 3).Breaks(Rule.I1);

    [Fact]
    public void An_older_disabling_is_found_after_a_later_one_was_complete() =>
        Key().Complete(Off, 20, 30, 2).Complete(On, 40, 50, 3).Complete(Off, 60, 70, 4).Disabled(91, 92, 2).Breaks(Rule.I1);

    [Fact]
    public void Valid_is_found_though_an_enabling_came_before_the_disabling() =>
        Key().Complete(Off, 20, 30, 2).Complete(On, 40, 50, 3).Complete(Off, 60, 70, 4).Valid(71, 72, 3).Breaks(Rule.I1);

    [Fact]
    public void Valid_is_found_after_a_pending_disabling_was_asked_for_again_and_complete() =>
        Key().Pending(Off, 20, 30, 2, effective: 4_000).Complete(Off, 40, 50, 2).Valid(60, 61, 1).Breaks(Rule.I1);

    [Fact]
    public void An_answer_that_knows_a_change_before_it_was_asked_for_is_found() =>
        Key().Disabled(11, 12, 2).Complete(Off, 20, 30, 2).Breaks(Rule.I2);

    [Fact]
    public void Valid_is_allowed_for_a_call_that_began_before_the_answer() =>
        Key().Complete(Off, 20, 30, 2).Valid(29, 60, 1).Valid(15, 16, 1, client: "another").Holds();

    [Fact]
    public void Both_are_allowed_while_a_disabling_is_pending() =>
        Key().Pending(Off, 20, 30, 2, effective: 4_000).Valid(3_000, 3_001, 1).Disabled(3_000, 3_001, 2, replica: 1, client: "another").Holds();

    [Fact]
    public void Valid_is_allowed_once_it_was_enabled_again() =>
        Key().Complete(Off, 20, 30, 2).Complete(On, 40, 50, 3).Valid(51, 52, 3).Valid(45, 46, 3, client: "another").Holds();

    [Fact]
    public void Valid_is_allowed_while_another_writer_enables_it_again() =>
        Key().Complete(Off, 20, 30, 2).Complete(On, 25, 90, 3, client: "another writer").Valid(31, 32, 3).Holds();

    [Fact]
    public void A_change_that_nobody_saw_answered_may_come_after_a_complete_one() =>
        Key().Broken(20, 40).Lost(On, 25, 30, client: "another writer").Complete(Off, 26, 32, 2).Valid(33, 34, 3).Holds();

    [Fact]
    public void A_call_that_changed_nothing_names_the_revision_that_is_there() =>
        Key().Complete(Off, 20, 30, 2).Complete(Off, 40, 50, 2).Disabled(51, 52, 2).Holds();

    [Fact]
    public void A_call_that_changed_nothing_may_be_the_first_to_name_the_creations_revision() =>
        Key().Valid(11, 12, 1).Complete(On, 20, 30, 1).Valid(31, 32, 1).Holds();

    [Fact]
    public void Two_verdicts_from_one_revision_are_found_though_a_lost_change_allows_both() =>
        Key().Broken(20, 30).Lost(Off, 20, 30).Disabled(40, 41, 2).Valid(42, 43, 2).Breaks(Rule.I1);

    [Fact]
    public void One_revision_for_two_statuses_is_found() => Key().Complete(Off, 20, 30, 2).Complete(On, 40, 50, 2).Breaks(Rule.I1);
}
