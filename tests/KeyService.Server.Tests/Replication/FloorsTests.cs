using CsCheck;
using KeyService.Server.Replication;

namespace KeyService.Server.Tests.Replication;

public class FloorsTests
{
    private readonly Floors _floors = new();

    [Fact]
    public void Before_there_is_a_base_nothing_is_allowed()
    {
        _floors.HasBase.ShouldBeFalse();
        _floors.Allows("a", long.MaxValue - 1, long.MaxValue - 1).ShouldBeFalse();
    }

    [Fact]
    public void A_key_that_never_changed_may_answer_from_a_read_at_or_past_the_base()
    {
        _floors.RaiseBase(10);

        _floors.Allows("a", 1, horizon: 10).ShouldBeTrue();
        _floors.Allows("a", 1, horizon: 9).ShouldBeFalse();
    }

    [Fact]
    public void A_revision_at_or_past_the_base_may_answer_however_old_its_reader_s_horizon()
    {
        _floors.RaiseBase(10);

        _floors.Allows("a", 10, horizon: Incarnation.NoHorizon).ShouldBeTrue();
        _floors.Allows("a", 9, horizon: Incarnation.NoHorizon).ShouldBeFalse();
    }

    [Fact]
    public void After_a_change_nothing_below_it_answers()
    {
        _floors.RaiseBase(0);
        _floors.Raise("a", 7).ShouldBeTrue();

        _floors.Allows("a", 6, horizon: 100).ShouldBeFalse();
        _floors.Allows("a", 7, horizon: 0).ShouldBeTrue();
        _floors.Allows("a", 8, horizon: 0).ShouldBeTrue();
    }

    [Fact]
    public void Another_key_is_not_concerned()
    {
        _floors.RaiseBase(0);
        _floors.Raise("a", 7);

        _floors.Allows("A", 1, horizon: 0).ShouldBeTrue();
        _floors.Allows("b", 1, horizon: 0).ShouldBeTrue();
    }

    [Fact]
    public void A_floor_never_goes_down_and_what_is_below_it_is_no_news()
    {
        _floors.RaiseBase(0);
        _floors.Raise("a", 7);

        _floors.Raise("a", 5).ShouldBeFalse();
        _floors.Raise("a", 7).ShouldBeFalse();
        _floors.Allows("a", 6, horizon: 0).ShouldBeFalse();
    }

    [Fact]
    public void What_the_base_covers_is_no_news_and_takes_no_room()
    {
        _floors.RaiseBase(10);

        _floors.Raise("a", 10).ShouldBeFalse();
        _floors.Count.ShouldBe(0);
        _floors.Raise("a", 11).ShouldBeTrue();
    }

    [Fact]
    public void A_floor_raised_before_there_is_a_base_holds_afterwards()
    {
        _floors.Raise("a", 12).ShouldBeTrue();
        _floors.RaiseBase(10);

        _floors.Allows("a", 11, horizon: 10).ShouldBeFalse();
        _floors.Allows("a", 12, horizon: 10).ShouldBeTrue();
    }

    [Fact]
    public void The_base_never_goes_down()
    {
        _floors.RaiseBase(10);
        _floors.RaiseBase(5);

        _floors.Allows("a", 1, horizon: 9).ShouldBeFalse();
    }

    [Fact]
    public void Raising_the_base_drops_the_floors_that_it_covers_and_keeps_the_others()
    {
        _floors.RaiseBase(0);
        _floors.Raise("old", 10);
        _floors.Raise("new", 11);

        _floors.RaiseBase(10);

        _floors.Count.ShouldBe(1);
        _floors.Allows("old", 9, horizon: 9).ShouldBeFalse();
        _floors.Allows("old", 10, horizon: 9).ShouldBeTrue();
        _floors.Allows("new", 10, horizon: 10).ShouldBeFalse();
    }

    [Fact]
    public void Whatever_makes_an_answer_unbelieved_changes_the_version_and_nothing_else_does()
    {
        _floors.RaiseBase(0);
        var version = _floors.Version;
        _floors.Raise("a", 7);
        _floors.Version.ShouldBeGreaterThan(version);

        version = _floors.Version;
        _floors.RaiseBase(3);
        _floors.Version.ShouldBeGreaterThan(version);

        version = _floors.Version;
        _floors.RaiseBase(2);
        _floors.Raise("b", 3);
        _floors.Version.ShouldBe(version);
    }

    /// <summary>Against a model that forgets nothing: whatever is allowed, the model allows.</summary>
    [Fact]
    public void Whatever_happened_before_no_entry_answers_below_the_last_change()
    {
        var step = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], (kind, key) => (Kind: kind, Key: $"key{key}"));
        step.Array[1, 60].Sample(steps =>
        {
            var floors = new Floors();
            var committed = new Dictionary<string, long>(StringComparer.Ordinal);
            var entries = new List<(string Key, long Revision, long Horizon)>();
            var (revision, horizon) = (0L, Incarnation.NoHorizon);
            foreach (var (kind, key) in steps)
            {
                switch (kind)
                {
                    case 0:
                        committed[key] = ++revision;
                        floors.Raise(key, revision);
                        break;
                    case 1:
                        horizon = revision;
                        break;
                    case 2 when horizon != Incarnation.NoHorizon:
                        floors.RaiseBase(horizon);
                        break;
                    default:
                        entries.Add((key, committed.GetValueOrDefault(key), horizon));
                        break;
                }

                foreach (var entry in entries.Where(entry => floors.Allows(entry.Key, entry.Revision, entry.Horizon)))
                    entry.Revision.ShouldBeGreaterThanOrEqualTo(committed.GetValueOrDefault(entry.Key));
                if (floors.HasBase) floors.Allows("fresh", 0, horizon).ShouldBeTrue("a read of this moment is believed");
            }
        });
    }
}
