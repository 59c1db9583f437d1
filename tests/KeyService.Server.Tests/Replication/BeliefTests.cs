using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Replication;

public class BeliefTests
{
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly Incarnation _replica;
    private readonly Belief _belief;

    public BeliefTests()
    {
        _replica = Samples.Standing(_time, horizon: 10, lease: TimeSpan.FromSeconds(30));
        _belief = new Belief(_replica);
    }

    [Fact]
    public void What_this_replica_read_is_believed() => Doubts(1, _belief.Mark()).ShouldBe(Disbelief.None);

    [Fact]
    public void A_mark_has_reader_and_horizon_of_its_moment()
    {
        var mark = _belief.Mark();
        _replica.Horizon = 20;

        mark.Reader.ShouldBeSameAs(_replica);
        mark.Horizon.ShouldBe(10);
        _belief.Mark().Horizon.ShouldBe(20);
    }

    [Fact]
    public void After_a_start_as_new_nothing_from_before_is_believed_whatever_its_revision()
    {
        var mark = _belief.Mark();
        _belief.StartAsNew(Samples.Standing(_time, horizon: 10));

        Doubts(long.MaxValue, mark).ShouldBe(Disbelief.StartedAsNew);
        Doubts(1, _belief.Mark()).ShouldBe(Disbelief.None);
    }

    [Fact]
    public void A_start_as_new_is_seen_though_the_versions_of_the_floors_are_the_same()
    {
        var (mark, believedAt) = (_belief.Mark(), Belief.Never);
        Doubts(1, mark, ref believedAt).ShouldBe(Disbelief.None);
        var next = Samples.Standing(_time, horizon: 10);
        next.Floors.Version.ShouldBe(_replica.Floors.Version);
        _belief.StartAsNew(next);

        Doubts(1, mark, ref believedAt).ShouldBe(Disbelief.StartedAsNew);
    }

    [Fact]
    public void Without_a_live_lease_nothing_is_believed_and_what_was_kept_is_believed_again_with_the_next()
    {
        var (mark, believedAt) = (_belief.Mark(), Belief.Never);
        Doubts(1, mark, ref believedAt).ShouldBe(Disbelief.None);
        _belief.IsStanding(Moment.Now(_time)).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(27));

        Doubts(1, mark, ref believedAt).ShouldBe(Disbelief.Lease);
        _belief.IsStanding(Moment.Now(_time)).ShouldBeFalse();

        _replica.Lease.Grant(Moment.Now(_time));
        Doubts(1, mark, ref believedAt).ShouldBe(Disbelief.None);
    }

    [Fact]
    public void The_lease_is_asked_for_the_moment_of_the_call_not_for_that_of_the_check()
    {
        var arrived = Moment.Now(_time);
        _time.Advance(TimeSpan.FromMinutes(1));

        var believedAt = Belief.Never;
        _belief.Doubts("a"u8, 1, _belief.Mark(), ref believedAt, arrived).ShouldBe(Disbelief.None);
    }

    [Fact]
    public void Before_there_is_a_base_nothing_is_believed_and_the_replica_does_not_stand()
    {
        var newborn = Samples.Newborn(_time);
        newborn.Lease.Grant(Moment.Now(_time));
        _belief.StartAsNew(newborn);
        Doubts(long.MaxValue - 1, _belief.Mark()).ShouldBe(Disbelief.StartedAsNew, "nor later: of what history it is, is not known");

        newborn.Epoch = Samples.Epoch;
        Doubts(long.MaxValue - 1, _belief.Mark()).ShouldBe(Disbelief.Changed);
        _belief.IsStanding(Moment.Now(_time)).ShouldBeFalse();
    }

    [Fact]
    public void An_answer_read_before_the_base_is_not_believed()
    {
        Doubts(9, new(_replica, Horizon: 9)).ShouldBe(Disbelief.Changed);
        Doubts(9, new(_replica, Horizon: 10)).ShouldBe(Disbelief.None);
    }

    [Fact]
    public void An_answer_past_the_base_is_believed_though_its_reader_s_horizon_was_old() =>
        Doubts(10, new(_replica, Horizon: 3)).ShouldBe(Disbelief.None);

    [Fact]
    public void An_answer_below_its_key_s_floor_is_not_believed()
    {
        _replica.Floors.Raise("a", 12);

        Doubts(11, new(_replica, Horizon: 100)).ShouldBe(Disbelief.Changed);
        Doubts(12, new(_replica, Horizon: 10)).ShouldBe(Disbelief.None);
    }

    [Fact]
    public void An_answer_kept_as_believed_is_not_believed_after_its_floor_or_the_base_was_raised()
    {
        var (mark, believedAt) = (_belief.Mark(), Belief.Never);
        Doubts(11, mark, ref believedAt).ShouldBe(Disbelief.None);
        _replica.Floors.Raise("a", 12);
        Doubts(11, mark, ref believedAt).ShouldBe(Disbelief.Changed);

        Doubts(12, mark, ref believedAt).ShouldBe(Disbelief.None);
        _replica.Floors.RaiseBase(13);
        Doubts(12, mark, ref believedAt).ShouldBe(Disbelief.Changed);
    }

    [Fact]
    public void While_no_floor_was_raised_what_was_found_believed_is_believed_without_a_search()
    {
        var (mark, believedAt) = (_belief.Mark(), Belief.Never);
        Doubts(11, mark, ref believedAt).ShouldBe(Disbelief.None);
        believedAt.ShouldBe(_replica.Floors.Version);

        // A search would find this revision below the base.
        Doubts(1, new(_replica, Horizon: 0), ref believedAt).ShouldBe(Disbelief.None);

        // Another key's change: searched once more, and kept under the new version.
        _replica.Floors.Raise("b", 12);
        Doubts(11, mark, ref believedAt).ShouldBe(Disbelief.None);
        believedAt.ShouldBe(_replica.Floors.Version);
    }

    [Fact]
    public void What_was_not_believed_is_not_kept_as_believed()
    {
        var believedAt = Belief.Never;
        Doubts(9, new(_replica, Horizon: 9), ref believedAt).ShouldBe(Disbelief.Changed);

        believedAt.ShouldBe(Belief.Never);
    }

    private Disbelief Doubts(long revision, ReadMark mark)
    {
        var believedAt = Belief.Never;
        return Doubts(revision, mark, ref believedAt);
    }

    private Disbelief Doubts(long revision, ReadMark mark, ref long believedAt) => _belief.Doubts("a"u8, revision, mark, ref believedAt, Moment.Now(_time));
}
