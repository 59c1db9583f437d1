using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Replication;

public class BeliefTests
{
    private readonly Floors _floors = new(capacity: 1);
    private readonly FakeStoreLock _storeLock = new();
    private readonly Belief _belief;

    public BeliefTests() => _belief = new Belief(_floors, _storeLock);

    [Fact]
    public void It_is_asked_anew_at_each_use()
    {
        _belief.Holds("a", 1, _belief.Era).ShouldBeTrue();
        _floors.Committed("a", 2, 0);
        _belief.Holds("a", 1, _belief.Era).ShouldBeFalse();
        _belief.Holds("a", 2, _belief.Era).ShouldBeTrue();
    }

    [Fact]
    public void Its_era_is_that_of_the_floors()
    {
        var before = _belief.Era;
        _floors.Committed("a", 1, 0);
        _floors.Committed("b", 2, 0);

        _belief.Era.ShouldBe(before + 1);
        _belief.Holds("c", 1, before).ShouldBeFalse();
    }

    [Fact]
    public void An_entry_of_another_era_does_not_answer()
    {
        _belief.Holds("a", 1, _belief.Era - 1).ShouldBeFalse();
        _belief.Holds("a", 1, _belief.Era + 1).ShouldBeFalse();
    }

    [Fact]
    public void Without_the_lock_on_the_store_nothing_is_believed()
    {
        _storeLock.IsHeld = false;

        _belief.Holds("a", 1, _belief.Era).ShouldBeFalse();
    }

    [Fact]
    public void When_the_lock_was_taken_again_nothing_from_before_is_believed()
    {
        var before = _belief.Era;
        _storeLock.Takings++;

        _belief.Holds("a", 1, before).ShouldBeFalse();
        _belief.Holds("a", 1, _belief.Era).ShouldBeTrue();
    }

    [Fact]
    public void Each_start_has_an_epoch_of_its_own()
    {
        _belief.Epoch.Length.ShouldBe(Belief.EpochSize);
        _belief.Epoch.ToArray().ShouldBe(_belief.Epoch.ToArray());
        new Belief(_floors, _storeLock).Epoch.ToArray().ShouldNotBe(_belief.Epoch.ToArray());
    }

    [Fact]
    public void A_report_of_a_change_is_complete_only_after_its_floor_is_raised()
    {
        var propagation = new Propagation(_floors, _storeLock, new FakeTimeProvider(Samples.Now));

        var report = propagation.Settled("a", 5, propagation.Begin());

        report.Complete.ShouldBeTrue();
        report.Revision.ShouldBe(5);
        report.EffectiveTime.ShouldBe(Samples.Now);
        (report.ReplicasConfirmed, report.ReplicasPending).ShouldBe((1, 0));
        _belief.Holds("a", 4, _belief.Era).ShouldBeFalse();
    }

    [Fact]
    public void Asking_again_reports_the_revision_that_holds_and_raises_its_floor()
    {
        var propagation = new Propagation(_floors, _storeLock, new FakeTimeProvider(Samples.Now));

        propagation.Settled("a", 5, propagation.Begin()).ShouldSatisfyAllConditions(
            report => report.Complete.ShouldBeTrue(),
            report => report.Revision.ShouldBe(5));
        _belief.Holds("a", 4, _belief.Era).ShouldBeFalse();
    }

    [Fact]
    public void A_change_in_doubt_stops_every_cached_answer_until_a_change_that_was_begun_afterwards()
    {
        var propagation = new Propagation(_floors, _storeLock, new FakeTimeProvider(Samples.Now));

        var early = propagation.Begin();
        propagation.InDoubt("a");
        propagation.Settled("a", 5, early);
        _belief.Holds("a", 5, _belief.Era).ShouldBeFalse();

        propagation.Settled("a", 6, propagation.Begin());
        _belief.Holds("a", 6, _belief.Era).ShouldBeTrue();
    }
}
