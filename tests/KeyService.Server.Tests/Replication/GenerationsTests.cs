using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using static KeyService.Server.Tests.Fakes.GenerationRig;

namespace KeyService.Server.Tests.Replication;

/// <summary>What a start begins with, and what a replica checks after it registered.</summary>
public class GenerationsTests
{
    private readonly GenerationRig _rig = new(keys: Known);

    [Fact]
    public async Task An_empty_store_gets_the_newest_which_is_active_at_once()
    {
        await BeginAsync();

        (_rig.Active, _rig.Stored).ShouldBe(('3', "3"));
    }

    [Theory]
    [InlineData("1", "321,321", '1')]
    [InlineData("21", "321,321", '2')]
    [InlineData("12", "21", '2')]
    [InlineData("12", "21,1", '1')]
    [InlineData("12", "1", '1')]
    [InlineData("123", "21,321", '2')]
    [InlineData("23", "1,1", '2')]
    [InlineData("123", "", '3')]
    public async Task A_start_begins_with_the_newest_stored_that_all_rows_list_or_the_oldest_stored(string stored, string rows, char active)
    {
        _rig.StoreHas([.. stored.Select(generation => _rig.MasterKeys.Find(generation)!)]);

        await BeginAsync(rows.Split(',', StringSplitOptions.RemoveEmptyEntries));

        (_rig.Active, _rig.Stored).ShouldBe((active, stored));
    }

    [Theory]
    [InlineData(29, '1')]
    [InlineData(31, '2')]
    public async Task For_one_lease_after_recover_the_rows_say_nothing_and_a_start_begins_with_the_oldest(int secondsAfter, char active)
    {
        _rig.StoreHas(Known[1], Known[2]);
        var begin = _rig.Generations.BeginAsync(CancellationToken.None);
        (await _rig.Store.Looks.NextAsync()).Answers(
            new(0, Samples.Epoch with { RenewTime = Samples.Now }, Samples.Now.AddSeconds(secondsAfter), []));
        await begin;

        _rig.Active.ShouldBe(active);
    }

    [Fact]
    public async Task A_generation_that_is_stored_and_not_configured_or_another_key_refuses_the_start()
    {
        var rig = new GenerationRig(keys: Known[2]);
        rig.StoreHas(Known[2], Known[1]);
        (await Should.ThrowAsync<StartException>(rig.Generations.BeginAsync(CancellationToken.None))).Message
            .ShouldBe("KeyService:MasterKeys: generation 2 is missing, and this store has keys of it.");

        _rig.Store.Fingerprints.Add(new() { Generation = '1', Fingerprint = new byte[32] });
        (await Should.ThrowAsync<StartException>(_rig.Generations.BeginAsync(CancellationToken.None))).Message
            .ShouldBe("KeyService:MasterKeys: generation 1 is not the master key that this store was made with.");
    }

    [Fact]
    public async Task A_replica_has_no_lease_before_the_check_that_follows_its_registration()
    {
        var rig = new FeedRig();
        var (checking, checks) = (new TaskCompletionSource(), 0);
        rig.Store.OnReadFingerprints = () =>
        {
            checks++;
            return checking.Task;
        };
        var run = rig.Cycle.RunAsync(asked: false, CancellationToken.None);
        (await rig.Store.Cycles.NextAsync()).Answers(FeedRig.Answer(5, 11));
        (rig.IsLive, rig.Current.Floors.HasBase, run.IsCompleted).ShouldBe((false, false, false));

        checking.SetResult();
        await run;
        rig.IsLive.ShouldBeTrue();

        // Once for each name.
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RunAsync(FeedRig.Answer(6, 11));
        checks.ShouldBe(1);
        await rig.RunAsync(FeedRig.Answer(6, 11) with { Epoch = Samples.OtherEpoch });
        await rig.RunAsync(FeedRig.Answer(6, 11) with { Epoch = Samples.OtherEpoch });
        checks.ShouldBe(2);
    }

    [Fact]
    public async Task A_check_that_is_not_answered_is_made_again_in_the_next_cycle_and_grants_nothing()
    {
        var rig = new FeedRig();
        rig.Store.OnReadFingerprints = () => throw new StoreUnavailableException();
        var run = rig.Cycle.RunAsync(asked: false, CancellationToken.None);
        (await rig.Store.Cycles.NextAsync()).Answers(FeedRig.Answer(5, 11));
        await Should.ThrowAsync<StoreUnavailableException>(run);

        rig.Store.OnReadFingerprints = () => Task.CompletedTask;
        await rig.RunAsync(FeedRig.Answer(6, 11));
        rig.IsLive.ShouldBeFalse("that cycle did not register");
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RunAsync(FeedRig.Answer(7, 11));

        rig.IsLive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_replica_that_finds_a_generation_that_it_lacks_never_has_a_lease_and_says_which()
    {
        var rig = new FeedRig(masterKeys: new([Known[2]]));
        await rig.RunAsync(FeedRig.Answer(5, 11));
        rig.Generations.Misfit.IsCompleted.ShouldBeFalse();
        rig.Store.Fingerprints.AddRange([Generations.RowOf(Known[2]), Generations.RowOf(Known[1])]);
        rig.Incarnations.StartAsNew(NewStart.RowMissing);

        for (var i = 0; i < 3; i++)
        {
            var run = rig.Cycle.RunAsync(asked: false, CancellationToken.None);
            (await rig.Store.Cycles.NextAsync()).Answers(FeedRig.Answer(6 + i, 11));
            await Should.ThrowAsync<StoreUnavailableException>(run);
            rig.IsLive.ShouldBeFalse();
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        (await rig.Generations.Misfit).ShouldBe("KeyService:MasterKeys: generation 2 is missing, and this store has keys of it.");
    }

    [Fact]
    public async Task A_store_that_went_back_to_before_the_active_generation_is_given_keys_of_the_oldest_again()
    {
        _rig.StoreHas(Known[1], Known[2]);
        await _rig.Generations.CheckAsync(CancellationToken.None);
        _rig.MasterKeys.Activate(Known[1]);
        await _rig.Generations.CheckAsync(CancellationToken.None);
        _rig.Active.ShouldBe('2');

        _rig.Store.Fingerprints.RemoveAt(0);
        await _rig.Generations.CheckAsync(CancellationToken.None);

        _rig.Active.ShouldBe('1');
    }

    private async Task BeginAsync(params string[] others)
    {
        var begin = _rig.Generations.BeginAsync(CancellationToken.None);
        var rows = others.Select((known, i) => Row($"other{i}", known)).ToList();
        (await _rig.Store.Looks.NextAsync()).Answers(new(0, Samples.Epoch, Samples.Now, rows));
        await begin;
    }
}
