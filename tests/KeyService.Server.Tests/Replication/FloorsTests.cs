using CsCheck;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

public class FloorsTests
{
    private readonly Floors _floors = new();

    [Fact]
    public void A_key_that_never_changed_may_answer() => Allows("a", 1).ShouldBeTrue();

    [Fact]
    public void After_a_committed_change_nothing_below_it_answers()
    {
        _floors.Committed("a", 7, _floors.Doubts);

        Allows("a", 6).ShouldBeFalse();
        Allows("a", 7).ShouldBeTrue();
        Allows("a", 8).ShouldBeTrue();
    }

    [Fact]
    public void Another_key_is_not_concerned()
    {
        _floors.Committed("a", 7, _floors.Doubts);

        Allows("A", 1).ShouldBeTrue();
        Allows("b", 1).ShouldBeTrue();
    }

    [Fact]
    public void A_floor_never_goes_down()
    {
        _floors.Committed("a", 7, _floors.Doubts);
        _floors.Committed("a", 5, _floors.Doubts);

        Allows("a", 6).ShouldBeFalse();
    }

    [Fact]
    public void While_a_change_is_in_doubt_nothing_cached_answers()
    {
        _floors.Committed("a", 7, _floors.Doubts);
        _floors.Doubt("a");

        Allows("a", 7).ShouldBeFalse();
        Allows("a", long.MaxValue - 1).ShouldBeFalse();
    }

    [Fact]
    public void A_later_change_ends_a_doubt()
    {
        _floors.Doubt("a");
        _floors.Committed("a", 9, _floors.Doubts);

        Allows("a", 8).ShouldBeFalse();
        Allows("a", 9).ShouldBeTrue();
    }

    [Fact]
    public void A_change_that_was_sent_before_the_doubt_arose_does_not_end_it()
    {
        var begun = _floors.Doubts;
        _floors.Doubt("a");
        _floors.Committed("a", 9, begun);

        Allows("a", 9).ShouldBeFalse();
        _floors.Committed("a", 10, _floors.Doubts);
        Allows("a", 10).ShouldBeTrue();
        Allows("a", 9).ShouldBeFalse();
    }

    [Fact]
    public void A_doubt_about_one_key_says_nothing_of_another()
    {
        _floors.Doubt("b");

        Allows("a", 1).ShouldBeTrue();
    }

    [Fact]
    public void Pruning_makes_older_entries_unbelieved_and_keeps_doubts()
    {
        var floors = new Floors(capacity: 3);
        var belief = new Belief(floors, new FakeStoreLock());
        floors.Doubt("doubtful");
        floors.Committed("a", 1, 1);
        floors.Committed("b", 2, 1);
        var before = belief.Era;

        floors.Committed("c", 3, 1);

        belief.Era.ShouldBe(before + 1);
        foreach (var key in new[] { "a", "b", "c", "other" })
        {
            belief.Holds(key, 100, before).ShouldBeFalse();
            belief.Holds(key, 100, belief.Era).ShouldBeTrue();
        }

        belief.Holds("doubtful", 100, belief.Era).ShouldBeFalse();
    }

    [Fact]
    public void At_its_capacity_nothing_is_pruned()
    {
        var floors = new Floors(capacity: 3);
        for (var revision = 1; revision <= 3; revision++) floors.Committed($"key{revision}", revision, 0);

        floors.Era.ShouldBe(0);
        floors.Allows("key3", 2).ShouldBeFalse();
    }

    /// <summary>Against a model that forgets nothing: whatever is believed, the model believes.</summary>
    [Fact]
    public void Whatever_happened_before_no_entry_answers_below_the_last_change()
    {
        var step = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], (kind, key) => (Kind: kind, Key: $"key{key}"));
        step.Array[1, 60].Sample(steps =>
        {
            var floors = new Floors(capacity: 3);
            var belief = new Belief(floors, new FakeStoreLock());
            var committed = new Dictionary<string, long>(StringComparer.Ordinal);
            var doubtful = new HashSet<string>(StringComparer.Ordinal);
            var entries = new List<(string Key, long Revision, long Era)>();
            var revision = 0L;
            foreach (var (kind, key) in steps)
            {
                switch (kind)
                {
                    case 0:
                        floors.Committed(key, ++revision, floors.Doubts);
                        committed[key] = revision;
                        doubtful.Remove(key);
                        break;
                    case 1:
                        floors.Doubt(key);
                        doubtful.Add(key);
                        break;
                    case 2:
                        // A change sent before every doubt so far: it ends none.
                        floors.Committed(key, committed.GetValueOrDefault(key), doubtsBefore: 0);
                        break;
                    default:
                        entries.Add((key, committed.GetValueOrDefault(key), belief.Era));
                        break;
                }

                foreach (var entry in entries.Where(entry => belief.Holds(entry.Key, entry.Revision, entry.Era)))
                {
                    entry.Revision.ShouldBeGreaterThanOrEqualTo(committed.GetValueOrDefault(entry.Key));
                    doubtful.ShouldNotContain(entry.Key);
                }
            }
        });
    }

    private bool Allows(string keyId, long revision) => _floors.Allows(keyId, revision);
}
