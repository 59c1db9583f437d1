using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using static KeyService.Server.Tests.Fakes.GenerationRig;

namespace KeyService.Server.Tests.Replication;

/// <summary>No key of a generation is made while a replica may answer that does not know it.</summary>
public class GenerationRolloutTests
{
    private readonly GenerationRig _rig = Started(new GenerationRig());

    [Fact]
    public async Task A_generation_that_a_replica_lacks_is_neither_stored_nor_active_and_that_is_told_once()
    {
        await _rig.RunAsync(_rig.Look("1", "21", "1"));
        await _rig.RunAsync(_rig.Look("1"));

        (_rig.Active, _rig.Stored).ShouldBe(('1', "1"));
        _rig.Log.Told.ShouldHaveSingleItem().ShouldStartWith("Master key generation 2 waits: 2 replicas lack it.");
    }

    [Fact]
    public async Task One_that_every_replica_lists_is_stored_and_after_another_look_active()
    {
        var round = _rig.Rollout.RunAsync(CancellationToken.None);
        await _rig.AnswerAsync(_rig.Look("21", "12"));
        var second = await _rig.Store.Looks.NextAsync();
        (_rig.Active, _rig.Stored).ShouldBe(('1', "12"));

        second.Answers(_rig.Look("21", "12"));
        await round;

        _rig.Active.ShouldBe('2');
        _rig.Log.Told.ShouldBe(["Master key generation 2 is active: this process makes new keys with it."]);
        // There is nothing more to do.
        await _rig.RunAsync();
    }

    [Fact]
    public async Task A_replica_that_registers_without_it_between_the_two_looks_is_waited_for()
    {
        await _rig.RunAsync(_rig.Look("21"), _rig.Look("21", "1"));

        (_rig.Active, _rig.Stored).ShouldBe(('1', "12"));
        // It stays there without it, until it goes.
        await _rig.RunAsync(_rig.Look("21", "1"));
        _rig.Active.ShouldBe('1');
        await _rig.RunAsync(_rig.Look("21"));
        _rig.Active.ShouldBe('2');
    }

    [Fact]
    public async Task Two_that_activate_at_once_both_do_and_store_it_once()
    {
        var other = new GenerationRig(_rig.Store, _rig.Time);
        other.MasterKeys.Activate(Known[2]);
        var looks = _rig.Look() with { Rows = [.. _rig.Look().Rows, .. other.Look().Rows] };
        Task[] rounds = [_rig.Rollout.RunAsync(CancellationToken.None), other.Rollout.RunAsync(CancellationToken.None)];
        for (var i = 0; i < 4; i++) await _rig.AnswerAsync(looks);
        await Task.WhenAll(rounds);

        (_rig.Active, other.Active, _rig.Stored).ShouldBe(('2', '2', "12"));
    }

    [Fact]
    public async Task One_that_somebody_else_has_stored_needs_one_look()
    {
        _rig.StoreHas(Known[1]);

        await _rig.RunAsync(_rig.Look("21"));

        _rig.Active.ShouldBe('2');
    }

    [Fact]
    public async Task While_the_newest_waits_the_newest_that_is_stored_and_known_to_all_is_active()
    {
        var rig = Started(new GenerationRig(keys: Known));
        // Known to all, but nobody makes keys of it: it only verifies.
        await rig.RunAsync(rig.Look("21"));
        rig.Active.ShouldBe('1');

        rig.StoreHas(Known[1]);
        await rig.RunAsync(rig.Look("21"), rig.Look("21"));

        (rig.Active, rig.Stored).ShouldBe(('2', "12"));
    }

    [Fact]
    public async Task Another_key_stored_under_the_same_generation_is_a_misfit()
    {
        _rig.Store.OnAddFingerprint = () =>
        {
            _rig.Store.Fingerprints.Add(new() { Generation = '2', Fingerprint = new byte[32] });
            return Task.CompletedTask;
        };
        var round = _rig.Rollout.RunAsync(CancellationToken.None);
        await _rig.AnswerAsync(_rig.Look("21"));

        await Should.ThrowAsync<StoreUnavailableException>(round);

        _rig.Active.ShouldBe('1');
        (await _rig.Generations.Misfit).ShouldBe("KeyService:MasterKeys: generation 2 is not the master key that this store was made with.");
    }

    [Fact]
    public async Task A_replica_without_a_lease_looks_at_nothing()
    {
        _rig.Belief.Current.Lease.End();

        await _rig.RunAsync();

        _rig.Active.ShouldBe('1');
    }

    [Fact]
    public async Task A_look_that_lacks_the_own_row_or_is_of_another_history_or_soon_after_recover_says_nothing()
    {
        var look = _rig.Look("21");
        await _rig.RunAsync(look with { Rows = [.. look.Rows.Skip(1)] });
        await _rig.RunAsync(look with { Epoch = Samples.OtherEpoch });
        var renewed = Samples.Epoch with { RenewTime = _rig.Time.GetUtcNow().AddSeconds(-29) };
        _rig.Belief.Current.Epoch = renewed;
        await _rig.RunAsync(look with { Epoch = renewed, DatabaseTime = _rig.Time.GetUtcNow() });
        (_rig.Active, _rig.Stored).ShouldBe(('1', "1"));

        var later = look with { Epoch = renewed, DatabaseTime = _rig.Time.GetUtcNow().AddSeconds(2) };
        await _rig.RunAsync(later, later);

        _rig.Active.ShouldBe('2');
    }

    [Fact]
    public async Task Who_starts_as_new_during_the_last_look_activates_nothing()
    {
        _rig.StoreHas(Known[1]);
        var round = _rig.Rollout.RunAsync(CancellationToken.None);
        var pending = await _rig.Store.Looks.NextAsync();
        _rig.Incarnations.StartAsNew(NewStart.TooManyChanges);
        pending.Answers(_rig.Look("21"));
        await round;

        _rig.Active.ShouldBe('1');
    }

    private static GenerationRig Started(GenerationRig rig)
    {
        rig.StoreHas(Known[2]);
        rig.MasterKeys.Activate(Known[2]);
        return rig;
    }
}
