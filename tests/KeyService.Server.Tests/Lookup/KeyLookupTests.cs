using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Lookup;

public class KeyLookupTests
{
    private readonly LookupRig _rig = new();

    [Fact]
    public async Task What_memory_has_is_answered_at_once_and_without_a_read()
    {
        _rig.Remember(Samples.Record(7));

        var find = _rig.FindAsync();

        find.IsCompletedSuccessfully.ShouldBeTrue();
        (await find)!.Revision.ShouldBe(7);
        _rig.Engine.ReadCount.ShouldBe(0);
    }

    [Fact]
    public async Task An_api_key_that_this_service_never_made_costs_no_read()
    {
        var forged = ApiKeyText.Generate(PinnedKey.Brand, KeyEnvironment.Live, PinnedKey.OtherMaster);

        var find = _rig.FindAsync(forged);

        find.IsCompletedSuccessfully.ShouldBeTrue();
        (await find).ShouldBeNull();
        _rig.Engine.ReadCount.ShouldBe(0);
    }

    /// <summary>Not thrown: a flood of failures would cost more than what it fails.</summary>
    [Fact]
    public async Task A_look_up_that_would_wait_too_long_for_the_database_says_so_at_once()
    {
        await FillGateAsync();

        var find = FindPinnedAsync();

        find.IsCompletedSuccessfully.ShouldBeTrue();
        var found = await find;
        found.Failure.ShouldBeOfType<OverloadedException>();
        Should.Throw<OverloadedException>(() => found.Key);
        _rig.Engine.ReadCount.ShouldBe(0);
    }

    [Fact]
    public async Task While_the_database_ends_no_read_a_look_up_fails_as_unavailable_and_not_as_overload()
    {
        await FillGateAsync();
        _rig.Time.Advance(TimeSpan.FromSeconds(2));

        (await FindPinnedAsync()).Failure.ShouldBeOfType<StoreUnavailableException>();
        _rig.Engine.ReadCount.ShouldBe(0);
    }

    [Fact]
    public async Task What_was_read_once_is_not_read_again()
    {
        _rig.Engine.Rows = digest => digest.AsSpan().SequenceEqual(LookupRig.Digest.ToArray()) ? Samples.Row(7) : null;

        (await _rig.FindAsync())!.Revision.ShouldBe(7);
        (await _rig.FindAsync())!.Revision.ShouldBe(7);

        _rig.Engine.ReadCount.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_asked_for_each_time()
    {
        _rig.Engine.Rows = _ => null;

        (await _rig.FindAsync()).ShouldBeNull();
        (await _rig.FindAsync()).ShouldBeNull();

        _rig.Engine.ReadCount.ShouldBe(2, "a no is never kept");
        _rig.Memory.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Memory_does_not_answer_once_a_later_change_was_committed()
    {
        _rig.Remember(Samples.Record(7));
        _rig.Commit(8);
        _rig.Engine.Rows = _ => Samples.Row(8);

        (await _rig.FindAsync())!.Revision.ShouldBe(8);
        _rig.IsInMemory(out var kept).ShouldBeTrue();
        kept!.Revision.ShouldBe(8);
    }

    [Fact]
    public async Task Without_a_lease_every_call_reads_and_memory_answers_again_with_the_next_lease()
    {
        _rig.Remember(Samples.Record(7));
        _rig.Engine.Rows = _ => Samples.Row(7);
        _rig.Time.Advance(ReplicaOptions.LongestLease);

        (await _rig.FindAsync())!.Revision.ShouldBe(7);
        (await _rig.FindAsync())!.Revision.ShouldBe(7);
        _rig.Engine.ReadCount.ShouldBe(2);

        _rig.Replica.Lease.Grant(Moment.Now(_rig.Time));
        (await _rig.FindAsync())!.Revision.ShouldBe(7);
        _rig.Engine.ReadCount.ShouldBe(2);
    }

    [Fact]
    public async Task When_the_replica_starts_as_new_nothing_from_before_answers()
    {
        _rig.Remember(Samples.Record(7));
        _rig.Engine.Rows = _ => Samples.Row(9);

        _rig.Belief.StartAsNew(Samples.Standing(_rig.Time));

        (await _rig.FindAsync())!.Revision.ShouldBe(9);
        (await _rig.FindAsync())!.Revision.ShouldBe(9);
        _rig.Engine.ReadCount.ShouldBe(1);
    }

    [Fact]
    public async Task After_the_database_went_back_in_time_what_it_has_is_kept_too()
    {
        _rig.Remember(Samples.Record(7));
        _rig.Engine.Rows = _ => Samples.Row(5);

        _rig.Belief.StartAsNew(Samples.Standing(_rig.Time));

        (await _rig.FindAsync())!.Revision.ShouldBe(5);
        (await _rig.FindAsync())!.Revision.ShouldBe(5);
        _rig.Engine.ReadCount.ShouldBe(1);
    }

    [Fact]
    public async Task A_row_that_was_read_is_the_least_that_answers_for_its_key_afterwards()
    {
        _rig.Remember(Samples.Record(7));
        _rig.Replica.Lease.IsLive(Moment.Now(_rig.Time)).ShouldBeTrue();
        _rig.Engine.Rows = _ => Samples.Row(8);
        // The same key by another secret of its own: memory has only the older one.
        var other = ApiKeyText.Generate(PinnedKey.Brand, KeyEnvironment.Live, PinnedKey.Master);

        (await _rig.FindAsync(other))!.Revision.ShouldBe(8);
        _rig.IsInMemory(out _).ShouldBeFalse("a replica never goes back in time for a key");
    }

    private ValueTask<Finding> FindPinnedAsync() => _rig.Lookup.FindAsync(
        System.Text.Encoding.ASCII.GetBytes(PinnedKey.ApiKey), LookupRig.Digest, PinnedKey.Master, _rig.Budget(), CancellationToken.None);

    /// <summary>Reads of a second each, and then all that may be under way.</summary>
    private async Task FillGateAsync()
    {
        for (var i = 0; i < 100; i++)
        {
            using var slow = (await _rig.Gate.EnterAsync(TimeSpan.FromMilliseconds(200), CancellationToken.None)).ShouldNotBeNull();
            _rig.Time.Advance(TimeSpan.FromSeconds(1));
            slow.Answered();
        }

        for (var i = 0; i < ReadGate.Reads; i++)
            (await _rig.Gate.EnterAsync(TimeSpan.FromMilliseconds(200), CancellationToken.None)).ShouldNotBeNull();
    }
}
