using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using static KeyService.Server.Tests.Fakes.PropagationRig;

namespace KeyService.Server.Tests.Replication;

/// <summary>The effective time of a COMPLETE change: the moment at which the last replica was found to be settled, or later.</summary>
public class CompleteEffectiveTimeTests
{
    private readonly PropagationRig _rig = new();

    [Fact]
    public async Task It_is_not_before_the_rows_were_read()
    {
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a"));
        var look = await _rig.Store.Looks.NextAsync();
        var read = _rig.Found(Row("a", Ticket)) with { Ticket = 0 };
        // The replica confirms between the two statements.
        _rig.Time.Advance(TimeSpan.FromMilliseconds(150));
        look.Answers(read);

        (await change).EffectiveTime.ShouldBeGreaterThanOrEqualTo(read.DatabaseTime + TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public async Task A_replica_that_confirms_nothing_is_waited_for_until_its_lease_has_passed_though_the_table_cannot_be_read()
    {
        var change = _rig.ChangeAsync(TimeSpan.FromMinutes(1));
        await _rig.AnswerAsync(Row("a", lease: 3));
        var hanging = await _rig.Store.Looks.NextAsync();
        await _rig.ArmedAsync(TimeSpan.FromMinutes(1) - LookTime);
        _rig.Time.Advance(TimeSpan.FromSeconds(2.99));
        hanging.Fails(new StoreUnavailableException());
        await _rig.ArmedAsync(TimeSpan.FromMilliseconds(20));
        change.IsCompleted.ShouldBeFalse();
        _rig.Time.Advance(TimeSpan.FromMilliseconds(20));

        var report = await change;
        (report.Complete, report.ReplicasConfirmed).ShouldBe((true, 1));
        report.EffectiveTime.ShouldBeGreaterThanOrEqualTo(Samples.Now.AddHours(1).AddSeconds(3), "not before the lease is over");
    }
}
