using KeyService.Testing.History;
using static KeyService.Testing.Tests.History.HistoryBuilder;

namespace KeyService.Testing.Tests.History;

/// <summary>I3.</summary>
public sealed class NeverBackTests
{
    [Fact]
    public void A_replica_that_goes_back_to_the_older_record_is_found() =>
        Key().Pending(Off, 20, 30, 2, effective: 4_000).Disabled(31, 32, 2).Valid(33, 34, 1).Breaks(Rule.I3);

    [Fact]
    public void A_replica_that_goes_back_while_the_change_is_on_its_way_is_found() =>
        Key().Complete(Off, 20, 90, 2).Disabled(31, 32, 2).Valid(33, 34, 1).Breaks(Rule.I3);

    [Fact]
    public void A_replica_that_forgets_the_change_it_made_is_found() =>
        Key().Pending(Off, 20, 30, 2, effective: 4_000).Valid(33, 34, 1, client: "writer").Breaks(Rule.I3);

    [Fact]
    public void A_change_with_a_revision_below_one_acknowledged_before_is_found() =>
        Key().Complete(Off, 20, 30, 5).Complete(On, 40, 50, 4, client: "another").Breaks(Rule.I3);

    [Fact]
    public void Another_replica_may_be_behind() => Key().Pending(Off, 20, 30, 2, effective: 4_000).Disabled(31, 32, 2).Valid(33, 34, 1, replica: 1).Holds();

    [Fact]
    public void Another_client_may_be_answered_by_a_call_that_was_under_way() =>
        Key().Pending(Off, 20, 30, 2, effective: 4_000).Disabled(31, 32, 2).Valid(33, 34, 1, client: "another").Holds();
}
